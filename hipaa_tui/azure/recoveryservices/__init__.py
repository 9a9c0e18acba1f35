"""Recovery Services vaults."""
