"""Demo of the payment reconciliation: a day that is over, the same run again, and a day that is not over."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from secrets import token_hex

from executions.models import ExecutionProgress

from till import workflows
from till.demo.model import Outcome, Report, run_scenarios
from till.demo.order_checkout import audited
from till.history import compensated
from till.services.payments import Reconciliations
from till.stack import Stack

WORKFLOW = "PaymentReconciliation"


@dataclass(frozen=True)
class Scenario:
    """A run of a day, by its distance from today, which is started so many times."""

    title: str
    days_ago: int
    expected: str
    times: int = 1


# What differs is the shop's: the demo expects no number of differences.
SCENARIOS = (
    Scenario("a day that is over", 2, "COMPLETE"),
    Scenario("started twice", 2, "COMPLETE", times=2),
    Scenario("a day that is not over", 0, "FAILED InvalidRequest"),
)


class PaymentReconciliationDemo:
    """The scenarios of the reconciliation, each a run of its own."""

    name = "payment_reconciliation"
    title = "Payment reconciliation"
    scenarios = len(SCENARIOS)

    def run(self, stack: Stack, ended: Report) -> list[Outcome]:
        demo_id = f"demo-{token_hex(3)}"

        def one(number: int, scenario: Scenario) -> Outcome:
            return _one(stack, scenario, f"{demo_id}-n{number:02}")

        return audited(stack, run_scenarios(SCENARIOS, one, ended))


def _one(stack: Stack, scenario: Scenario, run_id: str) -> Outcome:
    day = f"{datetime.now(UTC) - timedelta(days=scenario.days_ago):%Y-%m-%d}"
    # Not by the API, which refuses a day that is not over before it starts anything.
    request = {"run_id": run_id, "day": day}
    arns = {workflows.start(stack, WORKFLOW, run_id, request).arn for _ in range(scenario.times)}
    (arn,) = arns
    execution = workflows.wait(stack, arn)
    steps = compensated(workflows.visits(stack, arn))
    actual = _ending(stack, run_id, execution)
    return Outcome(scenario.title, run_id, arn, scenario.expected, actual, steps)


def _ending(stack: Stack, run_id: str, execution: ExecutionProgress) -> str:
    if execution.status != "SUCCEEDED":
        return f"{execution.status} {execution.error or ''}"
    return Reconciliations(stack).report(run_id).status
