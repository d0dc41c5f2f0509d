"""Durable storage: an SQLite database, and a journal that commits are appended to first."""
