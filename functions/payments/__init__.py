"""Money taken from customers: tenders, the providers behind them, and what became of each."""
