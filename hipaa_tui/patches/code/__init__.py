"""What a repository's Terraform says: its modules, variables and instances, and which block manages what."""
