"""GuardDuty."""
