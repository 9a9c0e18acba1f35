"""The meaning of a repository's Terraform code: modules, values, instances, and which block manages which resource."""
