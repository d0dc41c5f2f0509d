"""Orders: the record of a customer order, and the operations on it."""
