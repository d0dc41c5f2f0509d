"""The services as the command line calls them: their API functions, by the operator's IAM identity."""
