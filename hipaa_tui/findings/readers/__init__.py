"""One module per report format, each a stream of rows."""
