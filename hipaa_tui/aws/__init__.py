"""AWS: one folder per service with its resource types, settings and guards. Only cloud.py imports the SDK."""
