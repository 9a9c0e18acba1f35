"""The widgets that Textual does not have, or not fast enough for long lists and documents; one a file."""
