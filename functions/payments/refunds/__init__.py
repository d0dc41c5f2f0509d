"""Refunds of returns: to the tenders of the sale, or as store credit."""
