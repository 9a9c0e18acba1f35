"""Patches: the Terraform edits of a plan, on a branch of the user's repository."""
