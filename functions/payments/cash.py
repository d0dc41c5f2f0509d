"""Cash as a tender: no other system holds the money, and nothing is refused."""

from payments.provider import Charge, Outcome, Step, accepted


class Cash:
    """A Provider for cash. Captures and refunds are recorded on the tender's own row alone.

    No other system is called, so there is nothing to look up: an interrupted effect is applied again.
    """

    def prepare(self, key: str, charge: Charge) -> Outcome:
        return accepted("")

    def authorise(self, key: str, reference: str, charge: Charge) -> Outcome:
        return accepted(key)

    def capture(self, key: str, authorisation: str, amount: int, currency: str) -> Outcome:
        return accepted(key)

    def void(self, key: str, authorisation: str) -> Outcome:
        return accepted(key)

    def refund(self, key: str, authorisation: str, amount: int, currency: str) -> Outcome:
        return accepted(key)

    def look_up(self, step: Step, key: str, authorisation: str) -> Outcome | None:
        return None

    def is_withdrawn(self, authorisation: str) -> bool:
        return False
