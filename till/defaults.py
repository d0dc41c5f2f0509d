"""Defaults of options: the location and the currency of the demo shop. Imports nothing, for the sake of `--help`."""

LOCATION = "store-1"
CURRENCY = "EUR"

# Environment variables with which another shop replaces them.
LOCATION_VARIABLE = "TILLFLOW_LOCATION"
CURRENCY_VARIABLE = "TILLFLOW_CURRENCY"
