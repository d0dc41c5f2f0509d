"""Transfers: goods moved from one location to another, in transit between them."""
