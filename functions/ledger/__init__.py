"""Ledger: the double-entry journal. Entries are posted once and never changed."""
