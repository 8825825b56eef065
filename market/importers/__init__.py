"""Readers of files: what is in them, in our words, and what is wrong with it. They know no database.

pyarrow is imported inside functions only: the web process never needs it.
"""
