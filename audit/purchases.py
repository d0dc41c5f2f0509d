"""Purchases: no units received beyond the order, billed beyond the receipts, or paid beyond what is owed."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ledger.accounts import BANK, GOODS_NOT_INVOICED, INPUT_TAX, INVENTORY, PAYABLES
from purchasing.models import normalise_number
from tillflow.money import EXPONENT

from audit.snapshot import Breach, Item, Snapshot, invariant, journal_lines

ENDS = ("CLOSED", "CANCELLED")
DEAL = ("MATCHED", "PAID", "CLOSED")
PAYING = ("PaySupplier", "ResolvePayment")

type Order = Mapping[str, Any]


@invariant
def received_is_ordered_at_most(shop: Snapshot) -> Iterator[Breach]:
    """Accepted units are at most the ordered ones and the supplier's tolerance."""
    for name, order in _orders(shop):
        for line in order["lines"]:
            most = line["quantity"] * (100 + order["over_receipt_percent"]) // 100
            if line["received"] - line["rejected"] > most:
                yield (
                    name,
                    f"{line['received'] - line['rejected']} of {line['sku']} were accepted; expected at most {most}",
                )


@invariant
def received_is_sum_of_receipts(shop: Snapshot) -> Iterator[Breach]:
    """The received units of an order's lines are those of its receipts."""
    for name, order in _orders(shop):
        received: Counter[str] = Counter()
        for receipt in order["receipts"]:
            for line in receipt["lines"]:
                received[line["sku"]] += line["quantity"]
        counted = Counter({line["sku"]: line["received"] for line in order["lines"] if line["received"]})
        if received != counted:
            yield name, f"the lines have {dict(counted)}; the receipts {dict(received)}"


@invariant
def booked_receipts_moved(shop: Snapshot) -> Iterator[Breach]:
    """Stock moved by the accepted units of each booked receipt, and by none of a cancelled order."""
    moved: dict[str, Counter[str]] = {}
    for movement in shop.movements:
        if movement["kind"] in ("receipt", "supplier_return"):
            moved.setdefault(movement["business_id"], Counter())[movement["sku"]] += movement["quantity"]
    for name, order in _settled(shop):
        expected: Counter[str] = Counter()
        for receipt in order["receipts"] if order["status"] != "CANCELLED" else ():
            if receipt["booked"]:
                for line in receipt["lines"]:
                    expected[line["sku"]] += line["quantity"] - line["rejected"]
        actual = {sku: count for sku, count in moved.get(name, Counter()).items() if count}
        if actual != {sku: count for sku, count in expected.items() if count}:
            yield name, f"stock moved {actual}; the receipts have {dict(expected)}"


@invariant
def billed_is_received_at_most(shop: Snapshot) -> Iterator[Breach]:
    """A matched invoice bills at most the accepted units, unless a person accepted the difference."""
    for name, order in _orders(shop):
        if order["status"] not in DEAL or shop.excused(name, "MatchInvoice"):
            continue
        accepted = {line["sku"]: line["received"] - line["rejected"] for line in order["lines"]}
        billed: Counter[str] = Counter()
        for line in order["invoice"]["lines"]:
            billed[line["sku"]] += line["quantity"]
        for sku, quantity in billed.items():
            if quantity > accepted.get(sku, 0):
                yield name, f"{quantity} of {sku} are billed; {accepted.get(sku, 0)} were accepted"


@invariant
def payables_equal_open_invoices(shop: Snapshot) -> Iterator[Breach]:
    """Of each order at rest: payables, bank and input tax equal its invoice and its payment; goods
    received and billed leave nothing between; inventory has the cost of the order's movements."""
    cost: Counter[str] = Counter()
    for movement in shop.movements:
        if movement["kind"] in ("receipt", "supplier_return"):
            cost[movement["business_id"]] += (
                movement["cost"] if movement["quantity"] > 0 else -movement["cost"]
            )
    for name, order in _settled(shop, *PAYING):
        deal = order["status"] in DEAL
        total = order["invoice"]["total"] if deal else 0
        paid = total if order["status"] == "CLOSED" or _is_paid(order) else 0
        value = 0 if order["status"] == "CANCELLED" else _booked_value(order)
        expected = {
            PAYABLES.code: paid - total,
            BANK.code: -paid,
            INPUT_TAX.code: order["invoice"]["tax"] if deal else 0,
            INVENTORY.code: cost[name],
            GOODS_NOT_INVOICED.code: 0 if deal else -value,
        }
        balances = _balances(shop, name)
        wrong = {code: balances[code] for code in expected if balances[code] != expected[code]}
        if wrong:
            yield name, f"the accounts have {wrong}; expected { ({code: expected[code] for code in wrong}) }"


@invariant
def suppliers_are_owed_their_orders(shop: Snapshot) -> Iterator[Breach]:
    """A supplier's counters are the sums over its orders: this is the sub-ledger a delete asks."""
    owed: Counter[str] = Counter()
    held: Counter[str] = Counter()
    for _, order in _orders(shop):
        if not order["attempts"]:
            continue
        last = order["attempts"][-1]
        if order["status"] == "MATCHED":
            owed[last["supplier_id"]] += order["invoice"]["total"]
        if order["status"] not in ENDS and last["state"] in ("SENT", "ACKNOWLEDGED"):
            held[last["supplier_id"]] += 1
    for supplier in shop.items("PurchasingTable", "SUPPLIER", "SUPPLIER#"):
        name = supplier["supplier_id"]
        if (supplier["owed"], supplier["open_orders"]) != (owed[name], held[name]):
            yield (
                name,
                f"it is owed {supplier['owed']} for {supplier['open_orders']} open orders, "
                f"expected from its orders: {owed[name]} and {held[name]}",
            )


@invariant
def bank_paid_each_invoice_once(shop: Snapshot) -> Iterator[Breach]:
    """What left the bank for an order is its invoice's total, once, and nothing for one not to be paid.

    One that has ended was paid, unless a person decided that it was done by hand.
    """
    paid: Counter[str] = Counter()
    for transfer in shop.items("SandboxBankTable", "TRANSFER", "TRANSFER#"):
        paid[transfer["key"].split("#")[0]] += transfer["amount"]
    orders = dict(_orders(shop))
    for name in sorted(paid.keys() | orders.keys()):
        order = orders.get(name)
        if order is None:
            yield name, "the bank paid for an order that does not exist"
            continue
        total = order["invoice"]["total"] if order["invoice"] else 0
        over = order["status"] in ("PAID", "CLOSED") and not shop.excused(name, *PAYING)
        if paid[name] not in ({total} if over else {0, total if order["payment"] else 0}):
            yield name, f"the bank paid {paid[name]}, the invoice is {total}"


@invariant
def purchase_ends(shop: Snapshot) -> Iterator[Breach]:
    """An order that nothing runs for is closed or cancelled, or waits for a person."""
    for name, order in _orders(shop):
        if name in shop.running or order["status"] in ENDS or shop.has_open_case(name):
            continue
        yield name, f"the order is {order['status']}, and nothing is running for it"


@invariant
def units_on_order_are_ordered(shop: Snapshot) -> Iterator[Breach]:
    """Units on order are ordered by no later run, so somebody has to be getting them: a purchase or a transfer
    that is not over, the run that planned it, or a person."""
    alive = {name for name, order in _orders(shop) if order["status"] not in ENDS}
    alive |= {
        row["transfer_id"]
        for row in shop.items("InventoryTable", "TRANSFER", "TRANSFER#")
        if row["status"] not in ENDS
    }
    alive |= {
        row["sk"].removeprefix("ORDER#")
        for row in shop.items("ReplenishmentTable", "ORDER#", "RUN#")
        if row["pk"].removeprefix("RUN#") in shop.running
    }
    for row in shop.items("InventoryTable", "ONORDER#"):
        name = row["business_id"]
        waits = shop.is_open(name, "StartPurchaseOrder", "LowerOnOrder")
        if row["open"] and name not in alive | shop.running and not waits:
            yield f"{name} {row['sku']}", f"{row['open']} are on order, and nothing is running or open for it"


@invariant
def received_units_are_not_on_order(shop: Snapshot) -> Iterator[Breach]:
    """Of each booked receipt the accepted units are on hand, and would be counted twice on order as well."""
    orders = dict(_orders(shop))
    for row in shop.items("InventoryTable", "ONORDER#", "PURCHASE#"):
        name, sku = row["business_id"], row["sku"]
        if name not in orders or shop.is_open(name, "LowerReceived"):
            continue
        received = sum(
            line["quantity"] - line["rejected"]
            for receipt in orders[name]["receipts"]
            if receipt["booked"]
            for line in receipt["lines"]
            if line["sku"] == sku
        )
        if row["open"] > max(row["ordered"] - received, 0):
            yield (
                f"{name} {sku}",
                f"{received} of {row['ordered']} were received, and {row['open']} are still on order",
            )


def _orders(shop: Snapshot) -> Iterator[tuple[str, Order]]:
    for row in shop.items("PurchasingTable", "PURCHASE", "PO#"):
        if "document" in row:
            yield row["purchase_order_id"], json.loads(row["document"])


def _settled(shop: Snapshot, *steps: str) -> Iterator[tuple[str, Order]]:
    """Orders at rest that no person has taken over at one of `steps`."""
    for name, order in _orders(shop):
        if name not in shop.running and not shop.excused(name, *steps) and not shop.has_open_case(name):
            yield name, order


def _is_paid(order: Order) -> bool:
    return bool(order["payment"]) and order["payment"]["state"] == "PAID"


def _booked_value(order: Order) -> int:
    cost = {line["sku"]: line["unit_cost"] for line in order["lines"]}
    return sum(
        (line["quantity"] - line["rejected"]) * cost[line["sku"]]
        for receipt in order["receipts"]
        if receipt["booked"]
        for line in receipt["lines"]
    )


def _balances(shop: Snapshot, name: str) -> Counter[str]:
    """Debits less credits of the order's entries, by account."""
    balances: Counter[str] = Counter()
    for entry in _entries(shop, name):
        for line in journal_lines(entry):
            balances[line["account"]] += line.get("debit", 0) - line.get("credit", 0)
    return balances


def _entries(shop: Snapshot, name: str) -> Iterator[Item]:
    return (entry for entry in shop.entries.values() if entry["business_id"] == name)


@invariant
def billed_is_ordered_price_at_most(shop: Snapshot) -> Iterator[Breach]:
    """A matched invoice bills each SKU, and all of them, within 2 % of the order's prices or half a unit of currency,
    unless a person accepted the difference."""
    for name, order in _orders(shop):
        if order["status"] not in DEAL or shop.excused(name, "MatchInvoice"):
            continue
        cost = {line["sku"]: line["unit_cost"] for line in order["lines"]}
        billed: Counter[str] = Counter()
        expected: Counter[str] = Counter()
        for line in order["invoice"]["lines"]:
            for subject in (line["sku"], "all lines"):
                billed[subject] += line["quantity"] * line["unit_price"]
                expected[subject] += line["quantity"] * cost.get(line["sku"], 0)
        small = 10 ** EXPONENT[order["currency"]] // 2
        for subject, amount in billed.items():
            excess = amount - expected[subject]
            if excess * 100 > expected[subject] * 2 and excess > small:
                yield (
                    name,
                    f"{subject}: {amount} is billed; expected {expected[subject]} at the order's prices",
                )


@invariant
def invoice_numbers_are_claimed_once(shop: Snapshot) -> Iterator[Breach]:
    """The number of each invoice, normalised, is claimed by its order; a cancelled order claims none."""
    claims = {
        (row["pk"].removeprefix("SUPPLIER#"), row["sk"].removeprefix("INVOICE#")): row["purchase_order_id"]
        for row in shop.items("PurchasingTable", "INVOICE#", "SUPPLIER#")
    }
    live = {
        name: (order["attempts"][-1]["supplier_id"], normalise_number(order["invoice"]["number"]))
        for name, order in _orders(shop)
        if order["invoice"] and order["attempts"] and order["status"] != "CANCELLED"
    }
    for name, claim in live.items():
        if claims.get(claim) != name:
            holder = claims.get(claim, "no order")
            yield name, f"invoice number {claim[1]} is claimed by {holder}"
    for claim, name in claims.items():
        if live.get(name) != claim:
            yield name, f"the order claims invoice number {claim[1]} of {claim[0]}, which it does not have"


@invariant
def sent_is_approved(shop: Snapshot) -> Iterator[Breach]:
    """An order that a supplier has costs at most the approved total."""
    for name, order in _orders(shop):
        total = sum(line["quantity"] * line["unit_cost"] for line in order["lines"])
        approved = order.get("approved_total")
        if order["attempts"] and approved is not None and total > approved:
            yield name, f"the order was sent for {total}; approved is {approved}"


@invariant
def received_is_approved(shop: Snapshot) -> Iterator[Breach]:
    """Accepted units are worth at most the approved total, at the order's prices."""
    for name, order in _orders(shop):
        accepted = sum((line["received"] - line["rejected"]) * line["unit_cost"] for line in order["lines"])
        approved = order.get("approved_total")
        if approved is not None and accepted > approved:
            yield name, f"units worth {accepted} were accepted; approved is {approved}"


PURCHASES = (
    received_is_ordered_at_most,
    received_is_sum_of_receipts,
    booked_receipts_moved,
    billed_is_received_at_most,
    billed_is_ordered_price_at_most,
    invoice_numbers_are_claimed_once,
    sent_is_approved,
    received_is_approved,
    payables_equal_open_invoices,
    suppliers_are_owed_their_orders,
    bank_paid_each_invoice_once,
    purchase_ends,
    units_on_order_are_ordered,
    received_units_are_not_on_order,
)
