"""Purchasing: suppliers and their prices, purchase orders, receipts, purchase invoices and supplier payments."""
