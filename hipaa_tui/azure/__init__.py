"""Azure: one folder per service with its resource types, settings and guards. Only sdk/ imports the SDK."""
