"""Amazon Inspector."""
