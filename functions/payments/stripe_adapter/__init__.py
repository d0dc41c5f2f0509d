"""Cards by Stripe: PaymentIntents that are captured by hand. Imported only where Stripe is configured."""
