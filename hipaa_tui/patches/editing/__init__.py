"""Edits by bytes: what differs between a block of a file and a wanted one, and the least that has to be written."""
