"""Transfers: goods that leave one location for another, and are in transit in between."""
