"""What the invariants look at: every item of every table, at one moment, as plain Python values.

Amounts are integers in minor units, quantities integers. Items keep the attribute names of the tables;
the views below only find them, so an invariant reads in the words of the domain.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, wraps
from typing import Any

Item = Mapping[str, Any]

_END_OF_TIME = datetime.max.replace(tzinfo=UTC)

TABLES = (
    "CatalogTable",
    "CustomersTable",
    "InventoryTable",
    "OrdersTable",
    "ShippingTable",
    "BillingTable",
    "PaymentsTable",
    "SandboxProviderTable",
    "LedgerTable",
    "CasesTable",
    "PurchasingTable",
    "ReplenishmentTable",
    "SandboxBankTable",
    "ImagesTable",
    "ReportsTable",
)


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken invariant: its `name`, the `subject` it is broken for, and a sentence saying how."""

    name: str
    subject: str
    message: str


type Breach = tuple[str, str]
"""The subject of a broken invariant, and a sentence saying how it is broken."""


def invariant(rule: Callable[["Snapshot"], Iterator[Breach]]) -> Callable[["Snapshot"], Iterator[Violation]]:
    """Turn a rule into an invariant: its breaches become violations that have the rule's name.

    A subject is of a row, which can have any value in place of an id.
    """

    @wraps(rule)
    def violations(shop: "Snapshot") -> Iterator[Violation]:
        return (Violation(rule.__name__, str(subject), message) for subject, message in rule(shop))

    return violations


def shipment_of(order: str) -> str:
    """Return the id in `Snapshot.running` of an order's shipment, which runs after the sale is complete."""
    return f"shipment of {order}"


@dataclass(frozen=True, slots=True)
class Pictures:
    """The image buckets: the ETag of the newest version by key of the original, and the keys of the thumbnails.

    `pending`: keys of originals whose event is not delivered yet, is being ingested, or is in the dead-letter queue.
    """

    originals: Mapping[str, str] = field(default_factory=dict)
    thumbnails: frozenset[str] = frozenset()
    pending: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Snapshot:
    """Every item by table (logical id), and the orders whose workflow was still running when it was read.

    `outside_providers`: the payment providers whose books are not in the tables.

    `succeeded`: the business ids of the executions that had succeeded before the reading began, by workflow.

    `read_at`: when the reading began, for events that may have been in delivery then; by default there are none.

    Invariants about the end of an order do not apply to a running one; those that hold at every moment do.
    An order that waits for a person is checked against its open case.
    """

    tables: Mapping[str, list[Item]]
    running: frozenset[str] = field(default_factory=frozenset)
    pictures: Pictures = field(default_factory=Pictures)
    read_at: datetime = _END_OF_TIME
    outside_providers: frozenset[str] = frozenset({"cash", "exchange", "stripe"})
    succeeded: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def items(self, table: str, sort_key: str, partition: str = "") -> Iterator[Item]:
        """Items of `table` whose sort key starts with `sort_key` and partition key with `partition`."""
        for item in self.tables.get(table, ()):
            if str(item["sk"]).startswith(sort_key) and str(item["pk"]).startswith(partition):
                yield item

    def reserved_lines(self, partition: str = "") -> Iterator[Item]:
        """Return each reserved line of the documents of a type, as the row that release 0.1.0 wrote of each line."""
        yield from self.items("InventoryTable", "RESERVATION#", partition)
        for chunk in self.items("InventoryTable", "STEP#reserve#", partition):
            for sku, quantity in chunk.get("quantities", {}).items():
                line = {name: chunk[name] for name in ("pk", "location", "state")}
                line |= {"sk": f"RESERVATION#{chunk['location']}#{sku}", "sku": sku, "quantity": quantity}
                for name, amounts in (
                    ("cost", "costs"),
                    ("returned", "returned"),
                    ("returned_cost", "returned_costs"),
                ):
                    if sku in chunk.get(amounts, {}):
                        line[name] = chunk[amounts][sku]
                yield line

    @cached_property
    def levels(self) -> dict[str, Item]:
        """Stock levels by partition key, `LEVEL#<location>#<sku>`."""
        return {level["pk"]: level for level in self.items("InventoryTable", "LEVEL", "LEVEL#")}

    @cached_property
    def movements(self) -> list[Item]:
        return list(self.items("InventoryTable", "MOVE#", "LEVEL#"))

    @cached_property
    def reservations(self) -> dict[str, list[Item]]:
        """Reserved lines of customer orders, in any state, by order."""
        return _by_order(self.reserved_lines("ORDER#"))

    @cached_property
    def sale_movements(self) -> dict[str, list[Item]]:
        """What each order took from the shelves: movements whose kind is `sale`, by order."""
        grouped: dict[str, list[Item]] = defaultdict(list)
        for movement in self.movements:
            if movement["kind"] == "sale":
                grouped[movement["business_id"]].append(movement)
        return grouped

    @cached_property
    def cancel_movements(self) -> dict[str, list[Item]]:
        """What the cancel of each order put back on the shelves, by order."""
        grouped: dict[str, list[Item]] = defaultdict(list)
        for movement in self.movements:
            if movement["kind"] == "cancel":
                grouped[movement["business_id"]].append(movement)
        return grouped

    @cached_property
    def return_movements(self) -> dict[str, list[Item]]:
        """Units that returns put back on the shelves, by return."""
        grouped: dict[str, list[Item]] = defaultdict(list)
        for movement in self.movements:
            if movement["kind"] == "return":
                grouped[movement["business_id"]].append(movement)
        return grouped

    @cached_property
    def returns(self) -> dict[str, Item]:
        """Returns of orders by return id."""
        return {item["return_id"]: item for item in self.items("OrdersTable", "RETURN", "RETURN#")}

    @cached_property
    def deliveries(self) -> dict[str, Item]:
        """Return the deliveries of orders that are shipped, by order."""
        return {item["order_id"]: item for item in self.items("ShippingTable", "DELIVERY", "ORDER#")}

    @cached_property
    def refunds(self) -> dict[str, Item]:
        """Refunds of returns by return id."""
        return {item["return_id"]: item for item in self.items("PaymentsTable", "REFUND", "RETURN#")}

    @cached_property
    def refunded_by_returns(self) -> Counter[tuple[str, int]]:
        """What returns have paid back to each tender, by order and tender number."""
        refunded: Counter[tuple[str, int]] = Counter()
        for refund in self.refunds.values():
            for part in nested(refund, "parts"):
                if part["state"] == "refunded":
                    refunded[refund.get("order_id", ""), part["tender_no"]] += part["amount"]
        return refunded

    @cached_property
    def orders(self) -> dict[str, Item]:
        return {item["order_id"]: item for item in self.items("OrdersTable", "ORDER", "ORDER#")}

    @cached_property
    def settled(self) -> dict[str, Item]:
        """Orders that nothing is about to change: their workflow has ended, or waits for a person."""
        return {
            name: order
            for name, order in self.orders.items()
            if name not in self.running or self.has_open_case(name)
        }

    @cached_property
    def invoices(self) -> dict[str, Item]:
        """Invoices by invoice id, which is the order's."""
        return {item["invoice_id"]: item for item in self.items("BillingTable", "INVOICE", "INVOICE#")}

    @cached_property
    def credit_notes(self) -> dict[str, Item]:
        """Credit notes of whole invoices, by order."""
        notes = self.items("BillingTable", "CREDIT", "CREDIT#")
        return {note["credit_note_id"]: note for note in notes if "return_id" not in note}

    @cached_property
    def return_notes(self) -> dict[str, Item]:
        """Credit notes of returns by return id."""
        return {note["return_id"]: note for note in self.items("BillingTable", "CREDIT#", "CREDIT#")}

    @cached_property
    def counters(self) -> dict[str, int]:
        """The last number given, by invoice series."""
        return {
            item["pk"].removeprefix("SERIES#"): int(item["last"])
            for item in self.items("BillingTable", "COUNTER", "SERIES#")
        }

    @cached_property
    def tenders(self) -> dict[str, list[Item]]:
        rows = self.items("PaymentsTable", "TENDER#", "ORDER#")
        return _by_order(
            row for row in rows if "state" in row
        )  # the first can be the state of a payment alone

    @cached_property
    def entries(self) -> dict[str, Item]:
        rows = self.items("LedgerTable", "ENTRY", "ENTRY#")
        return {row["entry_id"]: row for row in rows if "closed_at" not in row}

    @cached_property
    def cases(self) -> dict[str, list[Item]]:
        """Cases, open and resolved, by the business id they are about."""
        grouped: dict[str, list[Item]] = defaultdict(list)
        for case in self.items("CasesTable", "CASE", "CASE#"):
            grouped[case["business_id"]].append(case)
        return grouped

    @cached_property
    def survivors(self) -> dict[str, str]:
        """Return where the credit and debts of each merged customer went, by customer."""
        rows = self.items("PaymentsTable", "INTO", "MERGED#")
        return {row["customer_id"]: row["survivor_id"] for row in rows}

    def survivor_of(self, customer_id: str) -> str:
        """Return the customer that has what belongs to a customer: itself unless it was merged."""
        merged: set[str] = set()
        while customer_id in self.survivors:
            if customer_id in merged:
                raise ValueError(f"customers are merged in a circle: {', '.join(sorted(merged))}")
            merged.add(customer_id)
            customer_id = self.survivors[customer_id]
        return customer_id

    @cached_property
    def images(self) -> dict[str, Item]:
        """Return the row of each image by the key of its original."""
        return {row["key"]: row for row in self.items("ImagesTable", "IMAGE", "IMAGE#")}

    def excused(self, order: str, *steps: str) -> bool:
        """True when a person has taken over one of `steps` of `order`.

        That is a case that is open or was resolved as done by hand. A retried case excuses nothing, because the
        workflow did the step; one that was given up excuses nothing, because the step is not settled.
        """
        return any(
            not set(case["steps"]).isdisjoint(steps)
            and (case["status"] == "OPEN" or case.get("decision") == "done")
            for case in self.cases.get(order, ())
        )

    def is_open(self, order: str, *steps: str) -> bool:
        """Return whether an open case is about one of `steps` of `order`: the step is not done yet.

        For steps that only the system can do, such as giving a number or posting an entry.
        """
        return any(
            case["status"] == "OPEN" and not set(case["steps"]).isdisjoint(steps)
            for case in self.cases.get(order, ())
        )

    def being_cancelled(self, order: str) -> bool:
        """True while a cancel has begun to take a sale back and has not ended: the order is between two truths."""
        row = self.orders.get(order, {})
        return "cancel_execution" in row and row["status"] in ("PLACED", "PAID")

    def being_returned(self, order: str) -> bool:
        """Return whether a return of the order has claimed units and has not ended."""
        return order in self._orders_being_returned

    @cached_property
    def _orders_being_returned(self) -> frozenset[str]:
        return frozenset(
            row["order_id"]
            for row in self.returns.values()
            if row["status"] == "CLAIMED" and "order_id" in row
        )

    def has_open_case(self, order: str) -> bool:
        """Return whether a workflow of the order waits for a decision. For some cases none waits."""
        return any(case["status"] == "OPEN" and case["execution"] for case in self.cases.get(order, ()))


def document(item: Item) -> dict[str, Any]:
    """The nested document of an item, which is stored as JSON text."""
    stored = item.get("document", "{}")
    return json.loads(stored) if isinstance(stored, str) else dict(stored)


def nested(item: Item, name: str) -> list[Any]:
    """The list in an attribute of an item, which is stored as JSON text; empty if there is none."""
    stored = item.get(name, "[]")
    return list(json.loads(stored)) if isinstance(stored, str) else list(stored)


def account_balances(entry: Item) -> Counter[str]:
    """Return debits less credits by account code."""
    sums: Counter[str] = Counter()
    for line in journal_lines(entry):
        sums[line["account"]] += line.get("debit", 0) - line.get("credit", 0)
    return sums


def journal_lines(entry: Item) -> list[dict[str, Any]]:
    """The lines of a journal entry: account, debit, credit."""
    stored = entry["lines"]
    return json.loads(stored) if isinstance(stored, str) else list(stored)


def _by_order(items: Iterable[Item]) -> dict[str, list[Item]]:
    grouped: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        grouped[item["pk"].removeprefix("ORDER#")].append(item)
    return grouped
