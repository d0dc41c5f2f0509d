"""Merges of customers: one record points to another one, which has what belonged to both."""
