"""Azure Policy: assignments that would deny, modify or revert a change."""
