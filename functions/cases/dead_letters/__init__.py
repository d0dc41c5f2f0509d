"""Dead-letter queues: what is in them, and what a person decides on it."""
