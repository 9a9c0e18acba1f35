"""ElastiCache."""
