"""Shipping: paid orders handed over to carriers, until they are delivered or come back."""
