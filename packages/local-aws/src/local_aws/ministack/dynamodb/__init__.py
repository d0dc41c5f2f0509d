"""DynamoDB: checks, the journal of items and streams, and what makes it cost less CPU time."""
