"""EventBridge: checks, and events of AWS services."""
