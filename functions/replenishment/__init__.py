"""Replenishment: reorder policies, the plan of a reorder run, and approvals."""
