"""Lambda: functions, aliases and event source mappings, run by the Lambda runner."""
