"""Security Hub."""
