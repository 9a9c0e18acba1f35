"""Findings: one model for the failed checks of every audit tool, and a reader for each report format."""
