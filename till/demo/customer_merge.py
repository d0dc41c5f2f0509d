"""Demo of the customer merge: credit and debts of two records become one customer's; a merged record is refused."""

from dataclasses import dataclass
from secrets import token_hex

from executions.models import ExecutionProgress

from till import workflows
from till.demo.account_customers import create_account_customer, sell_on_account
from till.demo.model import Outcome, Report, run_scenarios
from till.demo.order_checkout import BASKET, audited
from till.history import compensated
from till.output import money
from till.services.customers import Accounts, Credit, Customers
from till.shop import CURRENCY, Shop
from till.stack import Stack

CREDIT = 700


@dataclass(frozen=True)
class Scenario:
    """A merge of two new customers. sold: the merged one has bought on account before."""

    title: str
    expected: str
    sold: bool = False


SCENARIOS = (
    Scenario("credit of both records", "14.00 EUR of credit, owes 0.00 EUR"),
    Scenario("the merged record owes an invoice", "14.00 EUR of credit, owes 43.90 EUR", sold=True),
)


class CustomerMergeDemo:
    """The scenarios of the merge, each with two customers of its own."""

    name = "customer_merge"
    title = "Customer merge"
    scenarios = len(SCENARIOS)

    def run(self, stack: Stack, ended: Report) -> list[Outcome]:
        run_id = f"demo-{token_hex(3)}"
        Shop(stack).receive(f"{run_id}-m", {sku: units * len(SCENARIOS) for sku, units in BASKET.items()})

        def one(number: int, scenario: Scenario) -> Outcome:
            return self._one(stack, scenario, f"{run_id}-m{number:02}")

        return audited(stack, run_scenarios(SCENARIOS, one, ended))

    def _one(self, stack: Stack, scenario: Scenario, name: str) -> Outcome:
        survivor_id = f"{name}-a"
        for customer_id in (survivor_id, name):
            create_account_customer(stack, customer_id)
            grant = {"grant_id": customer_id, "customer_id": customer_id, "currency": CURRENCY}
            Credit(stack).grant({**grant, "amount": CREDIT, "reason": "demo"})
        if scenario.sold:
            sell_on_account(stack, name)
        merge = {"merge_id": f"{name}-merge", "customer_id": name, "survivor_id": survivor_id}
        arn = Customers(stack).merge(merge).arn
        execution = workflows.wait(stack, arn)
        steps = compensated(workflows.visits(stack, arn))
        actual = _ending(stack, survivor_id, execution)
        return Outcome(scenario.title, merge["merge_id"], arn, scenario.expected, actual, steps)


def _ending(stack: Stack, survivor_id: str, execution: ExecutionProgress) -> str:
    if execution.status != "SUCCEEDED":
        return f"{execution.status} {execution.error or ''}"
    [account] = Accounts(stack).accounts(survivor_id)
    credit = Credit(stack).balances(survivor_id)[CURRENCY]
    return f"{money(credit, CURRENCY)} of credit, owes {money(account.owed, CURRENCY)}"
