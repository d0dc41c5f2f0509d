"""Build the OpenAPI document of the HTTP API from the routes and models of the services."""
