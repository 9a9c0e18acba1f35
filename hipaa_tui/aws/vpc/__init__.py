"""VPC: flow logs, network ACLs, routes, subnets, gateways, VPN."""
