"""Receivables: what customers owe on issued invoices, and the payments that are received for them."""
