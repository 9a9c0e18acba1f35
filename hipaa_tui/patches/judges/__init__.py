"""What Terraform itself says of a patch."""
