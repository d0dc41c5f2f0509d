"""Billing: invoices, their gapless numbers and their payments."""
