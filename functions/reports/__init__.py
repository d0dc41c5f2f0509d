"""Reports: sales by day, SKU, category, location, tender and tax rate, counted from the order events."""
