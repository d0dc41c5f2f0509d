"""Customers: who buys. Their credit is billing's."""
