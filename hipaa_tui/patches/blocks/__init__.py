"""Blocks of our own: snippets filled for a change, and the place where they go."""
