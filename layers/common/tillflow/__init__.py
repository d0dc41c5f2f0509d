"""What the shop's services share: money, tax, errors, events, and the way to a table."""
