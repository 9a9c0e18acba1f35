"""The commands of `hipaa-tui`: everything that the screens can do, for scripts and screen readers."""
