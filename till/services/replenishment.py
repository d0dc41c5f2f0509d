"""Reorder policies, runs and approvals, by the API functions of replenishment, inventory and purchasing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import batched
from typing import Any

from inventory.models import LevelNeed
from replenishment.errors import InvalidPolicy
from replenishment.models import Approval, PlannedOrder, Policy, ReorderPoint
from tillflow.executions import Started
from tillflow.listing import Page, every
from tillflow.parsing import parse

from till.amounts import cost_in_minor_units
from till.services.client import Service
from till.services.inventory import Stock
from till.services.purchasing import Suppliers
from till.stack import Stack

_BATCH = 100
_MEASURED = ("on_time", "lead_time_variance")
_COSTS = {"unit_cost": "cost", "freight": "freight"}


@dataclass(frozen=True, slots=True)
class Review:
    """A policy's reorder point as it is, and as recent demand gives it."""

    policy: Policy
    supplier_id: str
    reorder_point: int | None
    computed: int


class Reorders:
    """Reorder policies, runs and approvals."""

    def __init__(self, stack: Stack) -> None:
        self._service = Service(stack, "ReplenishmentApiFunction")
        self._stock = Stock(stack)
        self._suppliers = Suppliers(stack)

    def create(self, request: Mapping[str, Any], reorder_point: int | None = None) -> int:
        """Write a policy and set the reorder point, by default from recent demand; return the point.

        The costs of a source are as typed, such as 10.20. Its missing fields are completed from the supplier's record,
        prices and deliveries. InvalidPolicy, UnknownSupplier.
        """
        sources = self._completed(request["sources"], str(request["sku"]))
        policy = parse(Policy, {**request, "sources": sources}, InvalidPolicy)
        point = self._points([policy])[0].reorder_point if reorder_point is None else reorder_point
        # The point first: it is refused for a SKU without a level, and then no policy is written.
        self._stock.set_reorder_points([(policy.location, policy.sku, point)])
        self._put(policy)
        return point

    def policies(self) -> list[Policy]:
        """Return every policy by location and SKU."""
        fetch = partial(self._service.pages, "GET /reorder-policies", "manage", "policies", Policy, _BATCH)
        return sorted(every(fetch), key=lambda policy: (policy.location, policy.sku))

    def review(self, write: bool = False) -> list[Review]:
        """Compare each reorder point with recent demand and measured punctuality; with `write` set them."""
        policies = self._measured(self.policies())
        levels = {
            (level.location, level.sku): level for level in every(partial(self._stock.list_levels, 100))
        }
        reviews = [
            Review(
                policy,
                computed.supplier_id,
                level.reorder_point if (level := levels.get((policy.location, policy.sku))) else None,
                computed.reorder_point,
            )
            for policy, computed in zip(policies, self._points(policies), strict=True)
        ]
        if write:
            points = [(one.policy.location, one.policy.sku, one.computed) for one in reviews]
            self._stock.set_reorder_points(points)
            for one in reviews:
                self._put(one.policy)
        return reviews

    def needs(self) -> list[LevelNeed]:
        """Return the stock levels at or below their reorder point, by location and SKU."""
        return sorted(self._stock.needs(), key=lambda need: (need["location"], need["sku"]))

    def start_run(self, run_id: str, segments: int) -> Started:
        """Start a reorder run of all levels, once per run id."""
        body = {"run_id": run_id, "segments": segments}
        return self._service.call("POST /reorder-runs", "manage", body=body).started

    def run_orders(self, run_id: str) -> list[PlannedOrder]:
        """Return the orders that a run has planned, possibly none; UnknownRun."""
        route = "GET /reorder-runs/{run_id}/orders"
        return self._service.call(route, "manage", path={"run_id": run_id}).read(list[PlannedOrder])

    def pending_approvals(self, limit: int = 50, after: str = "") -> Page[Approval]:
        """Return a page of the approvals that wait for a decision, the oldest first."""
        return self._service.pages("GET /approvals", "manage", "approvals", Approval, limit, after)

    def decide(self, purchase_order_id: str, decision: str, note: str, decided_by: str) -> bool:
        """Approve or refuse an order; return False if its workflow no longer waits. ApprovalNotPending."""
        response = self._service.call(
            "POST /approvals/{purchase_order_id}/decision",
            "manage",
            path={"purchase_order_id": purchase_order_id},
            body={"decision": decision, "note": note},
            by=decided_by,
        )
        return bool(response.body["delivered"])

    def _put(self, policy: Policy) -> None:
        self._service.call("PUT /reorder-policies", "manage", body=policy.model_dump(mode="json"))

    def _points(self, policies: Sequence[Policy]) -> list[ReorderPoint]:
        points: list[ReorderPoint] = []
        for batch in batched(policies, _BATCH, strict=False):
            body = {"policies": [policy.model_dump(mode="json") for policy in batch]}
            response = self._service.call("POST /reorder-policies/points", "manage", body=body)
            points += response.read(list[ReorderPoint])
        return points

    def _completed(self, sources: Iterable[Mapping[str, Any]], sku: str) -> list[dict[str, Any]]:
        """Return sources with their missing fields; InvalidPolicy for another currency than the supplier's."""
        sources = list(sources)
        known = self._suppliers.terms([(str(source["supplier_id"]), sku) for source in sources])
        for source, terms in zip(sources, known, strict=True):
            if source.get("currency", terms["currency"]) != terms["currency"]:
                expected = f"{terms['currency']}, the currency of {source['supplier_id']}"
                raise InvalidPolicy("currency", source["currency"], expected)
        return [
            {**terms, **source, **_costs(source, terms["currency"])}
            for source, terms in zip(sources, known, strict=True)
        ]

    def _measured(self, policies: Sequence[Policy]) -> list[Policy]:
        """Return the policies with the punctuality that their suppliers' deliveries show."""
        skus = {source.supplier_id: policy.sku for policy in policies for source in policy.sources}
        measured: dict[str, dict[str, Any]] = {}
        for batch in batched(skus.items(), _BATCH, strict=False):
            for (supplier_id, _), terms in zip(batch, self._suppliers.terms(batch), strict=True):
                measured[supplier_id] = {name: terms[name] for name in _MEASURED if name in terms}
        return [
            parse(
                Policy,
                {
                    **policy.model_dump(mode="json"),
                    "sources": [
                        source.model_dump(mode="json") | measured[source.supplier_id]
                        for source in policy.sources
                    ],
                },
                InvalidPolicy,
            )
            for policy in policies
        ]


def _costs(source: Mapping[str, Any], currency: str) -> dict[str, int]:
    """Return the typed costs of a source in minor units of its supplier's currency."""
    return {
        name: cost_in_minor_units(f"{label} of {source['supplier_id']}", source[name], currency)
        for name, label in _COSTS.items()
        if name in source
    }
