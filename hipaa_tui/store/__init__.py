"""The store: one database for findings and the journal, opened by rules that survive a power cut."""
