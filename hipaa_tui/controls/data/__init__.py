"""Makes this folder a package, so that the tables beside this file are found wherever it is installed."""
