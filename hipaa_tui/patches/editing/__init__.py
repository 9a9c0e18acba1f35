"""Minimal edits by bytes: the difference between a block of a file and the wanted one."""
