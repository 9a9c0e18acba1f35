"""The screens, one a file, so that each can be read as one conversation with the operator."""
