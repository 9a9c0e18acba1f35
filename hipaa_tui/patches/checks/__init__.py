"""Checks by Terraform: fmt, validate, and a plan that changes nothing else."""
