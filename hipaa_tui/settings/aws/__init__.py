"""Settings of AWS, one module per service. Only cloud.py here imports the SDK, and only when a call is made."""
