"""Demand: how many units of each SKU were sold at each location on each day, kept from what orders announce."""
