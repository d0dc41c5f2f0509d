"""Customers: who buys. A customer's credit with the shop belongs to payments."""
