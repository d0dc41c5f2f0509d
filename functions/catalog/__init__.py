"""Catalog: products, their prices and tax classes. Prices an order."""
