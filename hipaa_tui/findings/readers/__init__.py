"""One module per report format. Each reads a report as a stream of rows (see `reader`)."""
