"""Patterns: searching a universe and keeping what was found, reading it, and stretches of history that looked alike."""
