"""Elastic Load Balancing: Application, Network and Classic Load Balancers."""
