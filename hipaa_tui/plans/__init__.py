"""Plans: the ordered changes for findings, computed from the live configuration; the scan; and the default guards."""
