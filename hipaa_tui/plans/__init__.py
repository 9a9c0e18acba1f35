"""Plans: the ordered changes for findings, computed from live state, guarded, diffed and hashed."""
