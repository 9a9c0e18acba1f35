"""Policy: what a plan needs before it may be applied, beyond the operator's confirmation.

Approvals by other people, change windows and freezes come from a team's policy file. The limit on the number of
resources that one plan changes (blast radius) applies without one, too.
"""
