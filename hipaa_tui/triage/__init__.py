"""What happens to a finding after it was reported: queue, exceptions, evidence."""
