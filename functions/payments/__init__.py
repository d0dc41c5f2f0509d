"""Payments of customers: tenders, and the providers that authorise, capture and refund them."""
