"""Returns: units of a paid order that come back."""
