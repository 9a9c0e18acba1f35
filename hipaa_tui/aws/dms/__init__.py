"""Database Migration Service."""
