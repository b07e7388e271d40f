"""Evaluated episodes that are kept to be watched: which ones, what of them, and their file."""
