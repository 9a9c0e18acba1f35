"""What becomes of a finding: the queue, exceptions, evidence."""
