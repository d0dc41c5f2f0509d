"""Billing: invoices with gapless numbers, their payments and their credit notes."""
