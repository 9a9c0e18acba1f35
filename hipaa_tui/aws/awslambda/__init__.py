"""AWS Lambda (the folder cannot be called `lambda`, a keyword of Python)."""
