"""Stock per SKU and location: what is on hand, what is promised, and why."""
