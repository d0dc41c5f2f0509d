"""Cases: decisions that a workflow needs from a person."""
