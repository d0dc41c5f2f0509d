"""Returns: units claimed at most once, money, documents, goods and books of each return equal to its claim."""

import json
from collections import Counter
from collections.abc import Iterator

from ledger.accounts import (
    CASH_ROUNDING,
    COST_OF_GOODS_SOLD,
    INVENTORY,
    INVENTORY_LOSSES,
    SALES_RETURNS,
    SALES_TAX_PAYABLE,
    TENDER_ACCOUNT,
)
from ledger.rules import return_entry_id
from tillflow.money import cash_increment

from audit.money import RECONCILED
from audit.snapshot import Breach, Item, Snapshot, account_balances, document, invariant, nested


@invariant
def return_ends(shop: Snapshot) -> Iterator[Breach]:
    """A return whose units are claimed is being processed, or waits for a person: every claim ends."""
    for name, row in shop.returns.items():
        if row["status"] == "CLAIMED" and name not in shop.running and not shop.has_open_case(name):
            yield name, "its units are claimed, and it has no running execution and no open case"


@invariant
def returned_units_are_sold_at_most(shop: Snapshot) -> Iterator[Breach]:
    """The units and amounts that returns claim of a line are at most those sold."""
    for name, order in shop.orders.items():
        claimed: Counter[tuple[int, str]] = Counter()
        for claim in nested(order, "returns"):
            for units in claim["lines"]:
                for field in ("quantity", "tax", "total"):
                    claimed[units["line_no"], field] += units[field]
        lines = {line["line_no"]: line for line in document(order).get("lines", ())} if claimed else {}
        for (line_no, field), amount in claimed.items():
            sold = lines.get(line_no, {}).get(field, 0)
            if amount > sold:
                yield name, f"line {line_no}: {field} is claimed {amount}, sold {sold}"


@invariant
def claims_are_those_of_returns(shop: Snapshot) -> Iterator[Breach]:
    """An order's claims are those of its returns that were not released, and equal them."""
    claims = {
        claim["return_id"]: (name, claim)
        for name, order in shop.orders.items()
        for claim in nested(order, "returns")
    }
    for name, row in shop.returns.items():
        order, claim = claims.pop(name, ("", {}))
        if row["status"] == "RELEASED":
            if claim:
                yield name, f"it is released, and order {order} still has its claim"
        elif order != row.get("order_id", ""):
            expected = row.get("order_id", "no order")
            yield name, f"it is {row['status']}, and {order or 'no order'} has its claim, expected {expected}"
        elif order and _units(claim) != _units(document(row)):
            yield name, f"order {order} has another claim than the return"
    for name, (order, _) in claims.items():
        yield name, f"order {order} has a claim of it, and there is no such return"


@invariant
def claims_have_the_amounts_of_returns(shop: Snapshot) -> Iterator[Breach]:
    """A claim has the amount of its return; what a sale in cash alone refunds can be paid in coins."""
    for name, order in shop.orders.items():
        coin = cash_increment(order.get("currency", ""))
        in_cash = {tender["type"] for tender in document(order).get("tenders", ())} == {"cash"}
        for claim in nested(order, "returns"):
            return_id, amount = claim["return_id"], claim.get("amount")
            if amount is None:
                continue
            total = document(shop.returns.get(return_id, {})).get("totals", {}).get("total")
            if amount != total:
                yield name, f"return {return_id} claims {amount}, and refunds {total}"
            if in_cash and claim["refund"] == "original" and amount % coin:
                yield name, f"return {return_id} refunds {amount} in cash; expected a multiple of {coin}"


@invariant
def refunds_and_pending_are_captured_at_most(shop: Snapshot) -> Iterator[Breach]:
    """Of a tender, refunded and pending are at most captured; pending is what open refunds will pay back."""
    pending: Counter[tuple[str, int]] = Counter()
    for refund in shop.refunds.values():
        for part in nested(refund, "parts"):
            if part["state"] == "planned":
                pending[refund.get("order_id", ""), part["tender_no"]] += part["amount"]
    for order, tenders in shop.tenders.items():
        for tender in tenders:
            subject = f"{order} tender {tender['tender_no']}"
            stored, expected = tender.get("pending", 0), pending[order, tender["tender_no"]]
            if stored != expected:
                yield subject, f"pending is {stored}, open refunds add up to {expected}"
            if tender.get("refunded", 0) + stored > tender.get("captured", 0):
                yield (
                    subject,
                    f"refunded and pending are {tender['refunded'] + stored}, captured was {tender['captured']}",
                )


@invariant
def refunds_in_cash_are_coins(shop: Snapshot) -> Iterator[Breach]:
    """What a refund pays in cash can be paid in coins, and differs by less than a coin from its amount."""
    for name, refund in shop.refunds.items():
        if "rounding" not in refund or refund["state"] == "REFUSED":
            continue
        request, parts = json.loads(refund["request"]), nested(refund, "parts")
        coin, refunded = cash_increment(request["currency"]), sum(part["amount"] for part in parts)
        if abs(refunded - request["amount"]) >= coin:
            yield name, f"it refunds {refunded}; expected {request['amount']}, give or take less than {coin}"
        for part in parts:
            if part["type"] == "cash" and part["amount"] % coin:
                yield name, f"it refunds {part['amount']} in cash; expected a multiple of {coin}"


@invariant
def refunds_of_an_order_are_captured_at_most(shop: Snapshot) -> Iterator[Breach]:
    """What returns refund of an order, by its tenders and without them, is at most what was captured."""
    for order, tenders in shop.tenders.items():
        fields = ("refunded", "pending", "without_tender")
        refunded = sum(tender.get(field, 0) for tender in tenders for field in fields)
        captured = sum(tender.get("captured", 0) for tender in tenders)
        if refunded > captured and not shop.excused(order, "CapturePayment", "ResolveCapture", RECONCILED):
            yield order, f"its returns refund {refunded}; its tenders captured {captured}"


@invariant
def completed_return_is_complete(shop: Snapshot) -> Iterator[Breach]:
    """A completed return has refunded, credited, restocked or written off, and posted what it claimed."""
    for name, row in _completed(shop):
        claimed, lacks = document(row), []
        parts = nested(shop.refunds.get(name, {}), "parts")
        refunded = sum(part["amount"] for part in parts if part["state"] == "refunded")
        coin = cash_increment(row.get("currency", ""))
        if abs(refunded - row["total"]) >= coin:
            lacks.append(f"refunded {refunded} of {row['total']}")
        note, invoice = shop.return_notes.get(name), shop.invoices.get(row.get("order_id", ""), {})
        if note is None and ("invoice_number" in invoice or "order_id" not in row):
            lacks.append("has no credit note")
        if note and (note["total"], document(note)["taxes"]) != (row["total"], claimed["taxes"]):
            lacks.append(f"is credited {note['total']} of {row['total']}, or other taxes")
        owed = sum(part["amount"] for part in parts if part["type"] == "on_account")
        if note and note.get("receivable", 0) != owed:
            lacks.append(f"credits {note.get('receivable', 0)} of the {owed} that are no longer owed")
        if _entry_id(name, row) not in shop.entries:
            lacks.append("has no journal entry")
        if not shop.excused(name, "RestockGoods"):
            restocked = _restocked(shop, name)
            expected = _by_sku(claimed, "resell")
            if restocked != expected:
                lacks.append(f"restocked {dict(restocked)} of {dict(expected)}")
        if lacks:
            yield name, "the completed return " + ", ".join(lacks)


@invariant
def return_entry_is_what_was_returned(shop: Snapshot) -> Iterator[Breach]:
    """The journal entry of a return has its net and tax, its refunds by tender, and the cost of its goods."""
    for name, row in _completed(shop):
        entry = shop.entries.get(_entry_id(name, row))
        if entry is None:
            continue
        posted, totals = account_balances(entry), document(row)["totals"]
        expected: Counter[str] = Counter()
        expected[SALES_RETURNS.code] = totals["net"]
        expected[SALES_TAX_PAYABLE.code] = totals["tax"]
        parts = nested(shop.refunds.get(name, {}), "parts")
        expected[CASH_ROUNDING.code] = sum(part["amount"] for part in parts) - totals["net"] - totals["tax"]
        for part in parts:
            expected[TENDER_ACCOUNT[part["type"]].code] -= part["amount"]
        if not shop.excused(name, "RestockGoods"):
            expected[INVENTORY.code] = sum(move["cost"] for move in shop.return_movements.get(name, ()))
        for account, amount in expected.items():
            if posted[account] != amount:
                yield name, f"account {account} has {posted[account]}, expected {amount}"
        if posted[COST_OF_GOODS_SOLD.code] != -posted[INVENTORY.code] - posted[INVENTORY_LOSSES.code]:
            yield name, "the cost of goods differs from what is restocked and written off"


@invariant
def returned_goods_have_the_cost_of_their_sale(shop: Snapshot) -> Iterator[Breach]:
    """What came back of a reservation is at most what was sold, at its cost, and all of its cost if all came back."""
    for order, reservations in shop.reservations.items():
        for row in reservations:
            returned, cost = row.get("returned", 0), row.get("returned_cost", 0)
            whole = returned == row["quantity"]
            if (
                returned > row["quantity"]
                or (returned and cost > row["cost"])
                or (whole and cost != row["cost"])
            ):
                yield (
                    order,
                    f"{returned} of {row['quantity']} {row['sku']} came back at {cost}; sold at {row.get('cost')}",
                )


@invariant
def credit_notes_of_returns_are_what_was_credited(shop: Snapshot) -> Iterator[Breach]:
    """The credit notes of an invoice's returns add up to what it was credited, and are at most its total."""
    noted: Counter[str] = Counter()
    for name, note in shop.return_notes.items():
        noted[note["credit_note_id"]] += note["total"]
        if shop.returns.get(name, {}).get("status") not in ("CLAIMED", "COMPLETED"):
            yield (
                name,
                f"credit note {note['credit_note_number']} belongs to no return that is claimed or completed",
            )
    for name, invoice in shop.invoices.items():
        if name not in shop.credit_notes and noted[name] != invoice.get("credited", 0):
            yield name, f"credited is {invoice.get('credited', 0)}, its credit notes add up to {noted[name]}"
        if noted[name] > invoice.get("total", 0):
            yield name, f"its credit notes add up to {noted[name]}, its total is {invoice.get('total')}"


@invariant
def released_return_left_nothing(shop: Snapshot) -> Iterator[Breach]:
    """A return that is released, or unknown, has refunded nothing and has no documents, movements or entries."""
    effects: dict[str, list[str]] = {
        "a refund": [
            name
            for name, refund in shop.refunds.items()
            if any(part["state"] == "refunded" for part in nested(refund, "parts"))
        ],
        "a credit note": list(shop.return_notes),
        "a movement": list(shop.return_movements),
        "a journal entry": [name.partition("#return#")[2] for name in shop.entries if "#return#" in name],
    }
    for what, names in effects.items():
        for name in names:
            status = shop.returns.get(name, {}).get("status", "unknown")
            if status not in ("CLAIMED", "COMPLETED"):
                yield name, f"the return is {status}, and it has {what}"


@invariant
def return_without_receipt_is_allowed_and_credited(shop: Snapshot) -> Iterator[Breach]:
    """A return without an order was allowed by a manager with a note, and became store credit of its customer alone."""
    for name, row in shop.returns.items():
        if "order_id" in row or row["status"] == "RELEASED":
            continue
        request = json.loads(row["request"])
        allowed = request.get("override") or {}
        if not (allowed.get("manager") and allowed.get("note")):
            yield name, "it has no order, and no manager allowed it"
        others = {part["type"] for part in nested(shop.refunds.get(name, {}), "parts")} - {"store_credit"}
        if others or not request.get("customer_id"):
            yield name, f"it has no order, and was refunded as {sorted(others) or 'credit of no customer'}"


@invariant
def exchange_is_paid_once(shop: Snapshot) -> Iterator[Breach]:
    """What a return paid of a new sale is what the sale's exchange tender captured: exchange clearing nets to zero."""
    returned: Counter[str] = Counter()
    for name, refund in shop.refunds.items():
        for part in nested(refund, "parts"):
            if part["type"] == "exchange":
                returned[_exchanged_for(refund)] += part["amount"]
                if shop.returns.get(name, {}).get("status") == "RELEASED":
                    yield name, "it is released, and paid for an exchange"
    for order in {*returned, *shop.tenders}:
        captured = sum(
            tender.get("captured", 0)
            - tender.get("refunded", 0)
            + shop.refunded_by_returns[order, tender["tender_no"]]
            for tender in shop.tenders.get(order, ())
            if tender["type"] == "exchange"
        )
        if captured != returned[order] and not _exchange_runs(shop, order):
            yield order, f"an exchange paid {captured} of it, and returns paid {returned[order]}"


@invariant
def provider_event_has_its_case(shop: Snapshot) -> Iterator[Breach]:
    """The event of a refund that failed after it was accepted, or of a dispute, has a case, open or settled."""
    cases = {case["case_id"] for of_one in shop.cases.values() for case in of_one}
    for event in shop.items("PaymentsTable", "EVENT", "EVENT#"):
        if "case_id" in event and event["case_id"] not in cases:
            yield event["event_id"], f"case {event['case_id']} of a failed refund or a dispute is missing"


def _exchanged_for(refund: Item) -> str:
    return str(json.loads(refund["request"])["exchange"]["order_id"])


def _exchange_runs(shop: Snapshot, order: str) -> bool:
    """Return whether the exchange that pays an order is in progress."""
    tenders = document(shop.orders.get(order, {})).get("tenders", ())
    names = {tender["return_id"] for tender in tenders if "return_id" in tender}
    return any(name in shop.running or shop.has_open_case(name) for name in names)


def _entry_id(name: str, row: Item) -> str:
    return return_entry_id(row.get("order_id", name), name)


def _completed(shop: Snapshot) -> Iterator[tuple[str, Item]]:
    return ((name, row) for name, row in shop.returns.items() if row["status"] == "COMPLETED")


def _units(claim: Item) -> Counter[tuple[int, str]]:
    units: Counter[tuple[int, str]] = Counter()
    for line in claim["lines"]:
        for field in ("quantity", "tax", "total"):
            units[line["line_no"], field] += line[field]
    return units


def _by_sku(claimed: Item, condition: str) -> Counter[str]:
    units: Counter[str] = Counter()
    for line in claimed["lines"]:
        if line["condition"] == condition:
            units[line["sku"]] += line["quantity"]
    return units


def _restocked(shop: Snapshot, name: str) -> Counter[str]:
    units: Counter[str] = Counter()
    for movement in shop.return_movements.get(name, ()):
        units[movement["sku"]] += movement["quantity"]
    return units


RETURNS = (
    return_ends,
    returned_units_are_sold_at_most,
    claims_are_those_of_returns,
    claims_have_the_amounts_of_returns,
    refunds_and_pending_are_captured_at_most,
    refunds_in_cash_are_coins,
    refunds_of_an_order_are_captured_at_most,
    completed_return_is_complete,
    return_entry_is_what_was_returned,
    returned_goods_have_the_cost_of_their_sale,
    credit_notes_of_returns_are_what_was_credited,
    released_return_left_nothing,
    return_without_receipt_is_allowed_and_credited,
    exchange_is_paid_once,
    provider_event_has_its_case,
)
