"""One module per command of the operator's command line."""
