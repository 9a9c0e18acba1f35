"""The widgets, one a file, where Textual's own do not fit: long lists and long documents."""
