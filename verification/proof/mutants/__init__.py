"""Mutants: the product with one change in one place, and the search for a case that shows a violation."""
