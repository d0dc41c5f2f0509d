"""Reconciliation: the books of the payment providers compared with the tenders, a day at a time."""
