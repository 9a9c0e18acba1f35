"""Commands: the accessible, scriptable twin of every screen."""
