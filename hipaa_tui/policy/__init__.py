"""Policy: what has to be given before a plan may be carried out, beyond the operator's own yes.

Approvals of other people, change windows and freezes come from a team's policy file; the cap on how many
resources one plan reaches holds without one.
"""
