"""Purchasing: suppliers and their prices, purchase orders, what came of them, what was billed and paid."""
