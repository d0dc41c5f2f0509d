"""Step Functions: the embedded engine in the place of MiniStack's."""
