"""Connections to the clouds, what a scan covers, and calls described for people."""
