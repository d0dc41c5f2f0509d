"""Replenishment: when a SKU is to be ordered again, how many, and from whom."""
