"""The full-screen interface.

Screens and widgets show what the workbench returns and call it; they contain no logic of their own.
"""
