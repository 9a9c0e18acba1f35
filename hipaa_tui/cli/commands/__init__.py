"""One module a command, each with run(options) → exit code; imported when its command is called."""
