"""Observers of executions: CloudWatch Logs, CloudWatch metrics and EventBridge status events."""
