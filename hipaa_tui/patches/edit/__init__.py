"""Changes blocks that the repository already has, or what gives them their values."""
