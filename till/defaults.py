"""Defaults of options: the location and the currency of the demo shop. Imports nothing, for the sake of `--help`."""

LOCATION = "store-1"
CURRENCY = "EUR"
