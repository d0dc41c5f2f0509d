"""HTTP APIs: their document, routes and events."""
