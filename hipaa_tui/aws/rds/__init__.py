"""RDS and Aurora."""
