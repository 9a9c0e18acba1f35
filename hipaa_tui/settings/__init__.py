"""Settings: pieces of cloud configuration that can be read, written and removed."""
