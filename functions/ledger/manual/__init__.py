"""Entries that a person makes: bank deposits of cash, payouts of the card provider, cash differences."""
