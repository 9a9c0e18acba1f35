"""The HIPAA citations of checks, and the priority of findings."""
