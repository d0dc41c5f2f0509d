"""SQS: checks, and the journal of queues and messages."""
