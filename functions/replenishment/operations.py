"""What people ask of replenishment. The HTTP API, and by it the command line, calls these methods."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from tillflow.callbacks import complete_task
from tillflow.executions import Started, describe_execution, execution_arn, start_once
from tillflow.listing import Page
from tillflow.parsing import parse
from tillflow.references import FindUnknown, Kind, check_references

from replenishment import rules
from replenishment.errors import UnknownRun
from replenishment.models import Approval, Demand, PlannedOrder, Policy, PolicyRef, ReorderPoint, RunRef
from replenishment.store import ReplenishmentStore

type Decision = Literal["approve", "refuse"]

type ReadDemand = Callable[[Sequence[tuple[str, str]]], Sequence[Mapping[str, Any]]]
"""Return the demand of the last weeks of each (location, sku), by the demand service."""
type ReadCurrencies = Callable[[Sequence[str]], Mapping[str, str]]
"""Return the currencies of those of the suppliers that exist, by the purchasing service."""


class ApprovalOperations:
    """Approvals of planned orders. `states` is a Step Functions client."""

    def __init__(self, dynamodb: Any, states: Any, table: str) -> None:
        self._store = ReplenishmentStore(dynamodb, table)
        self._states = states

    def pending_approvals(self, limit: int = 50, after: str = "") -> Page[Approval]:
        """Return a page of the approvals that wait for a decision, the oldest first."""
        return self._store.pending_approvals(limit, after)

    def decide(
        self,
        purchase_order_id: str,
        decision: Decision,
        note: str,
        decided_by: str,
        total: int | None = None,
    ) -> bool:
        """Approve or refuse an order; return False if its workflow no longer waits.

        ApprovalNotPending, ApprovalChanged. total: what the person has seen that the order costs, None for any.
        """
        token = self._store.decide(purchase_order_id, decision, note, decided_by, total)
        return complete_task(self._states, token, {"decision": decision})


class ReorderOperations:
    """Reorder policies and runs. states: a Step Functions client; machine: the ARN of the workflow.

    find: the lookups of products, locations and suppliers by their services; read_currencies: of suppliers.
    """

    def __init__(
        self,
        dynamodb: Any,
        states: Any,
        table: str,
        machine: str,
        read_demand: ReadDemand,
        find: Mapping[Kind, FindUnknown],
        read_currencies: ReadCurrencies,
    ) -> None:
        self._find = find
        self._read_currencies = read_currencies
        self._store = ReplenishmentStore(dynamodb, table)
        self._states = states
        self._machine = machine
        self._read_demand = read_demand

    def put_policy(self, policy: Policy, version: int | None = None) -> int:
        """Create or replace the policy of a SKU at a location; return its version.

        UnknownReferences; InvalidPolicy if a source has another currency than its supplier; RecordChanged if it is not
        at `version`; None for any.
        """
        check_references(policy.references, self._find)
        rules.check_currencies(policy, self._read_currencies([one.supplier_id for one in policy.sources]))
        return self._store.put_policy(policy, version)

    def policy(self, location: str, sku: str) -> tuple[Policy, int]:
        """Return the policy of a SKU at a location, and its version; UnknownPolicy, InvalidRequest."""
        place = parse(PolicyRef, {"location": location, "sku": sku})
        return self._store.policy(place.location, place.sku)

    def list_policies(self, limit: int = 50, after: str = "") -> Page[Policy]:
        """Return a page of the policies, in no order."""
        return self._store.list_policies(limit, after)

    def reorder_points(self, policies: Sequence[Policy]) -> list[ReorderPoint]:
        """Return the reorder point that recent demand gives each policy, and its best supplier."""
        places = [(policy.location, policy.sku) for policy in policies]
        sums = {
            (one["location"], one["sku"]): Demand.model_validate(dict(one))
            for one in self._read_demand(places)
        }
        return [_reorder_point(policy, sums[policy.location, policy.sku]) for policy in policies]

    def start_run(self, run_id: str, segments: int) -> Started:
        """Start a reorder run of all levels, as the nightly schedule does, once per run id. IdempotencyConflict."""
        sent = {"segments": segments}
        return start_once(self._states, self._machine, run_id, sent, f"reorder run {run_id}")

    def run_orders(self, run_id: str) -> list[PlannedOrder]:
        """Return the orders that a run has planned, possibly none; UnknownRun."""
        orders = self._store.orders(parse(RunRef, {"run_id": run_id}).run_id)
        if not orders and describe_execution(self._states, execution_arn(self._machine, run_id)) is None:
            raise UnknownRun(run_id)
        return orders


def _reorder_point(policy: Policy, demand: Demand) -> ReorderPoint:
    best = rules.rank_sources(policy.sources)[0]
    point = rules.reorder_point(demand, best, policy.service_level)
    return ReorderPoint(supplier_id=best.supplier_id, reorder_point=point)
