"""Terraform's two syntaxes, read with their places and written as `terraform fmt` leaves them alone; the providers' schema."""
