"""The proof that no saga loses money or stock: every workflow, failed in every way, checked after each."""
