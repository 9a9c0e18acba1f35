"""Whether Terraform agrees: fmt, validate, and a plan that changes nothing else."""
