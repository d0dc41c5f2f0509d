"""Cash as a tender: no other system holds the money, and nothing is refused."""

from payments.provider import Charge, Outcome, accepted


class Cash:
    """A Provider for cash. Captures and refunds are recorded on the tender's own row alone.

    No other system is called, so there is nothing to look up: an interrupted effect is applied again.
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
