"""Limits of one request. Imports no model, so that the help of a command can name them."""

MOST_MESSAGES = 50
"""Messages of one response, which Lambda limits to 6 MB."""
