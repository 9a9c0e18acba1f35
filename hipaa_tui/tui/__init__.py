"""The terminal interface, because fixing a finding safely starts with seeing what would happen.

Screens and widgets show what the workbench says and ask it to act; nothing here decides.
"""
