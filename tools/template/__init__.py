"""Assemble template.yaml from the fragments in infrastructure/: one for each service, and the shared ones."""
