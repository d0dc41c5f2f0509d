"""CloudWatch Logs: groups, events and filter patterns."""
