"""Orders: a customer order's record, and what a till or a person asks of it."""
