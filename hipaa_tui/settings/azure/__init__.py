"""Settings of Azure, one module per service. Only cloud.py here imports the SDK, and only when a call is made."""
