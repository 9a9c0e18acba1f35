"""Basics that every package uses: JSON, errors, redaction, config, signing, sanitizing."""
