"""SNS: checks, and errors with its codes."""
