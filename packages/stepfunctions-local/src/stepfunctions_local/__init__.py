"""An embedded AWS Step Functions: the API, the language, the histories, on one machine."""
