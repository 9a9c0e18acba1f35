"""IAM policy documents: reading, comparing, extending and narrowing them."""
