"""What every room needs and none owns: JSON, errors, redaction, config, signing, sanitizing."""
