"""Says which HIPAA safeguard a check touches, and which finding to look at first."""
