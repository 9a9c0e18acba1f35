"""Macie."""
