"""What imports Azure's SDK at its top: a package of its own, so that looking up a setting does not load it."""
