"""OpenSearch Service."""
