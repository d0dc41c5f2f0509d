"""Import of products from a CSV file: checked whole, then applied row by row, each row once."""
