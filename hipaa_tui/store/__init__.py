"""The store: one database for findings and the journal, on SQLite or PostgreSQL."""
