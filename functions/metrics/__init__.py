"""Metrics: measurements of the business, from the events of the bus."""
