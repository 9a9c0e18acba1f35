"""Edits of existing code: the block that manages a resource, or the place that sets its value."""
