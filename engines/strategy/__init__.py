"""Strategies as data: read, checked, put into words, and compiled over a price panel. No user code is ever run."""
