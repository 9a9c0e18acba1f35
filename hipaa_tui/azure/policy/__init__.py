"""Azure Policy: assignments that would refuse or revert a change."""
