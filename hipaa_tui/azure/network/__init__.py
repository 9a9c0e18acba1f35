"""Virtual networks and network security groups."""
