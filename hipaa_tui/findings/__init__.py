"""Turns what audit tools print into findings, because every tool says the same thing differently."""
