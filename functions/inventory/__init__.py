"""Stock per SKU and location: levels, reservations, movements, units on order, transfers."""
