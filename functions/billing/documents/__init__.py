"""Printed documents: invoices, credit notes and receipts, rendered once and stored with their hash."""
