"""Catalog: products, their prices and tax classes; prices an order."""
