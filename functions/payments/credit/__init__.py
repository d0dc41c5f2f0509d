"""Credit with the shop: wallets of customers and gift cards, what was added to them, and what expired."""
