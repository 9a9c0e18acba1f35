"""The texts of the screens, as pure functions from the core's objects to paragraphs."""
