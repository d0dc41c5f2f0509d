"""Drafts: orders that are kept for later, without payment and without stock."""
