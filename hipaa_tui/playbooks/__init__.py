"""Playbooks: how to fix one kind of finding. Data in YAML with a schema and a lint, without code."""
