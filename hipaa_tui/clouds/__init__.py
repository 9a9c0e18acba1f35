"""Connections to AWS and Azure, the scope of a scan, and descriptions of API calls."""
