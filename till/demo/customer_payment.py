"""Demo of the customer payment: an invoice paid in part, overpaid, and a payment without an open invoice."""

from dataclasses import dataclass
from secrets import token_hex

from executions.models import ExecutionProgress

from till import workflows
from till.demo.account_customers import create_account_customer, sell_on_account
from till.demo.model import Outcome, Report, run_scenarios
from till.demo.order_checkout import BASKET, audited
from till.history import compensated
from till.output import money
from till.services.billing import Receivables
from till.shop import CURRENCY, Shop
from till.stack import Stack


@dataclass(frozen=True)
class Scenario:
    """A payment of a new customer's invoice on account; without `sold` the customer has none."""

    title: str
    amount: int
    expected: str
    sold: bool = True


SCENARIOS = (
    Scenario("invoice paid in part", 1000, "10.00 EUR of the invoice"),
    Scenario("invoice paid and overpaid", 5000, "43.90 EUR of the invoice, 6.10 EUR as credit"),
    Scenario("payment without an open invoice", 1000, "FAILED InvalidPayment", sold=False),
)


class CustomerPaymentDemo:
    """The scenarios of the payment, each with a customer of its own."""

    name = "customer_payment"
    title = "Customer payment"
    scenarios = len(SCENARIOS)

    def run(self, stack: Stack, ended: Report) -> list[Outcome]:
        run_id = f"demo-{token_hex(3)}"
        Shop(stack).receive(f"{run_id}-p", {sku: units * len(SCENARIOS) for sku, units in BASKET.items()})

        def one(number: int, scenario: Scenario) -> Outcome:
            return self._one(stack, scenario, f"{run_id}-p{number:02}")

        return audited(stack, run_scenarios(SCENARIOS, one, ended))

    def _one(self, stack: Stack, scenario: Scenario, name: str) -> Outcome:
        create_account_customer(stack, name)
        if scenario.sold:
            sell_on_account(stack, name)
        payment = {
            "payment_id": name,
            "customer_id": name,
            "currency": CURRENCY,
            "amount": scenario.amount,
            "method": "bank_transfer",
        }
        arn = Receivables(stack).pay(payment).arn
        execution = workflows.wait(stack, arn)
        steps = compensated(workflows.visits(stack, arn))
        return Outcome(scenario.title, name, arn, scenario.expected, _ending(stack, name, execution), steps)


def _ending(stack: Stack, name: str, execution: ExecutionProgress) -> str:
    if execution.status != "SUCCEEDED":
        return f"{execution.status} {execution.error or ''}"
    received = Receivables(stack).find_payment(name)
    ending = f"{money(received['allocated'], CURRENCY)} of the invoice"
    overpayment = received["overpayment"]
    return ending + (f", {money(overpayment, CURRENCY)} as credit" if overpayment else "")
