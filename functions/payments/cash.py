"""Cash as a tender. The drawer is the cashier's hand: nobody else holds the money, and nobody refuses."""

from payments.provider import Charge, Outcome, accepted


class Cash:
    """payments.provider.Provider for cash. What was taken and given back is on the tender's own row.

    Nothing is asked of anyone, so there is nothing to look up: an effect cut short is done again.
    """

    def authorise(self, key: str, charge: Charge) -> Outcome:
        return accepted(key)

    def capture(self, key: str, authorisation: str, amount: int) -> Outcome:
        return accepted(key)

    def void(self, key: str, authorisation: str) -> Outcome:
        return accepted(key)

    def refund(self, key: str, authorisation: str, amount: int) -> Outcome:
        return accepted(key)

    def look_up(self, key: str) -> Outcome | None:
        return None
