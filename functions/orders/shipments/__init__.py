"""Shipments of an order: which of its units are handed over to a carrier."""
