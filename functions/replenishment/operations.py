"""What people and other systems ask of replenishment. The command line and an HTTP API call the same methods."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal, Protocol

from tillflow.callbacks import complete_task
from tillflow.listing import Page
from tillflow.parsing import parse

from replenishment import rules
from replenishment.errors import InvalidPolicy, UnknownRun
from replenishment.models import Approval, Demand, Need, PlannedOrder, Policy, RunRef
from replenishment.store import ReplenishmentStore

DEMAND_DAYS = 28
"""Days of sales that a reorder point is computed from."""

type Decision = Literal["approve", "refuse"]


class DemandReader(Protocol):
    """The demand service."""

    def sums(self, places: Sequence[tuple[str, str]], days: int, until: date) -> Sequence[Mapping[str, Any]]:
        """Return ``{location, sku, days, total, squares}`` of each (location, sku)."""


class StockLevels(Protocol):
    """The inventory service."""

    def level(self, location: str, sku: str) -> Mapping[str, Any]:
        """Return a stock level; {} if the SKU was never stocked there."""

    def needs(self) -> Sequence[Mapping[str, Any]]:
        """Return the levels at or below their reorder point."""

    def set_reorder_point(self, location: str, sku: str, reorder_point: int | None) -> None:
        """Set a level's reorder point; InvalidRequest if the SKU was never stocked there."""


class SupplierTerms(Protocol):
    """The purchasing service."""

    def source_terms(self, supplier_id: str, sku: str) -> Mapping[str, Any]:
        """Return the known fields of a source: currency, lead time, price, measured punctuality."""

    def punctuality(self, supplier_id: str) -> Mapping[str, Any]:
        """Return the measured on_time and lead_time_variance; {} without enough deliveries."""


@dataclass(frozen=True, slots=True)
class Review:
    """A policy's reorder point as it is, and as recent demand gives it."""

    policy: Policy
    supplier_id: str
    reorder_point: int | None
    computed: int


class ApprovalOperations:
    """Approvals of planned orders. `states` is a Step Functions client."""

    def __init__(self, dynamodb: Any, states: Any, table: str) -> None:
        self._store = ReplenishmentStore(dynamodb, table)
        self._states = states

    def pending_approvals(self, limit: int = 50, after: str = "") -> Page[Approval]:
        """Return a page of the approvals that wait for a decision, the oldest first."""
        return self._store.pending_approvals(limit, after)

    def decide(self, purchase_order_id: str, decision: Decision, note: str, decided_by: str) -> bool:
        """Approve or refuse an order; return False if its workflow no longer waits. ApprovalNotPending."""
        token = self._store.decide(purchase_order_id, decision, note, decided_by)
        return complete_task(self._states, token, {"decision": decision})


class ReorderOperations(ApprovalOperations):
    """Reorder policies, runs and approvals."""

    def __init__(
        self,
        dynamodb: Any,
        states: Any,
        table: str,
        *,
        demand: DemandReader,
        levels: StockLevels,
        suppliers: SupplierTerms,
    ) -> None:
        super().__init__(dynamodb, states, table)
        self._demand = demand
        self._levels = levels
        self._suppliers = suppliers

    def create(self, request: Mapping[str, Any], reorder_point: int | None = None) -> tuple[Policy, int]:
        """Write a policy and set the reorder point, by default from recent demand; return both.

        Missing fields of a source are completed from the supplier's record, prices and deliveries. InvalidPolicy,
        or the error of an unknown supplier.
        """
        sources = [self._completed(source, str(request["sku"])) for source in request["sources"]]
        policy = parse(Policy, {**request, "sources": sources}, InvalidPolicy)
        point = self._computed_point(policy) if reorder_point is None else reorder_point
        # The point first: it is refused for a SKU without a level, and then no policy is written.
        self._levels.set_reorder_point(policy.location, policy.sku, point)
        self._store.put_policy(policy)
        return policy, point

    def policies(self) -> list[Policy]:
        """Return every policy by location and SKU."""
        return sorted(self._store.policies(), key=lambda policy: (policy.location, policy.sku))

    def review(self, write: bool = False) -> list[Review]:
        """Compare each reorder point with recent demand and measured punctuality; with `write` set them."""
        reviews = []
        for policy in map(self._measured, self.policies()):
            reviews.append(self._reviewed(policy))
            if write:
                self._levels.set_reorder_point(policy.location, policy.sku, reviews[-1].computed)
                self._store.put_policy(policy)
        return reviews

    def needs(self) -> list[Need]:
        """Return the stock levels at or below their reorder point, by location and SKU."""
        needs = [Need.model_validate(dict(level)) for level in self._levels.needs()]
        return sorted(needs, key=lambda need: (need.location, need.sku))

    def run_orders(self, run_id: str) -> list[PlannedOrder]:
        """Return the orders that a run planned; UnknownRun."""
        orders = self._store.orders(parse(RunRef, {"run_id": run_id}).run_id)
        if not orders:
            raise UnknownRun(run_id)
        return orders

    def _completed(self, source: Mapping[str, Any], sku: str) -> dict[str, Any]:
        """Return a source with its missing fields; InvalidPolicy for another currency than the supplier's."""
        terms = self._suppliers.source_terms(str(source["supplier_id"]), sku)
        if source.get("currency", terms["currency"]) != terms["currency"]:
            expected = f"{terms['currency']}, the currency of {source['supplier_id']}"
            raise InvalidPolicy("currency", source["currency"], expected)
        return {**terms, **source}

    def _reviewed(self, policy: Policy) -> Review:
        best = rules.rank_sources(policy.sources)[0]
        level = self._levels.level(policy.location, policy.sku)
        return Review(policy, best.supplier_id, level.get("reorder_point"), self._computed_point(policy))

    def _measured(self, policy: Policy) -> Policy:
        """Return the policy with the punctuality that its suppliers' deliveries show."""
        sources = [
            {**source.model_dump(mode="json"), **self._suppliers.punctuality(source.supplier_id)}
            for source in policy.sources
        ]
        return parse(Policy, {**policy.model_dump(mode="json"), "sources": sources}, InvalidPolicy)

    def _computed_point(self, policy: Policy) -> int:
        today = datetime.now(UTC).date()
        (sums,) = self._demand.sums([(policy.location, policy.sku)], DEMAND_DAYS, today)
        best = rules.rank_sources(policy.sources)[0]
        return rules.reorder_point(Demand.model_validate(dict(sums)), best, policy.service_level)
