"""What the screens say, as pure functions from the core's objects to paragraphs, so that it can be tested."""
