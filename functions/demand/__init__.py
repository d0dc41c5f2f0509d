"""Demand: the units of each SKU sold at each location on each day, counted from the order events."""
