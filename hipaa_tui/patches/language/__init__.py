"""Terraform's two syntaxes, HCL and JSON: parsed with positions, printed in `terraform fmt`'s form; the provider schema."""
