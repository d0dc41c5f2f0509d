"""An order in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from till.output import money, out, print_table, styled, timestamp

if TYPE_CHECKING:
    from billing.models import CreditNote, Invoice
    from cases.models import Case
    from ledger.models import Entry
    from orders.models import Order
    from orders.returns.models import Return
    from payments.models import Tender

REVERSED_STATES = ("voided", "refunded", "declined")


def print_order(order: Order) -> None:
    from tillflow.executions import error_message

    currency = order.currency or ""
    out.print(styled(order.order_id, "bold"), f" {order.status}")
    shown = (
        "placed_at",
        "location",
        "customer_id",
        "paid_at",
        "cancelled_at",
        "cancel_reason",
        "execution",
        "reason",
        "cause",
    )
    for name in shown:
        if value := getattr(order, name):
            text = timestamp(value) if name.endswith("_at") else error_message(value)
            out.print(f"  {name}: {text}")
    if order.document:
        print_table(
            "Lines",
            ("sku!", "description", "qty>", "unit price>", "discount>", "tax>", "total>"),
            [
                (
                    line["sku"],
                    line["description"],
                    line["quantity"],
                    money(line["unit_price"], currency),
                    money(line["line_discount"] + line["order_discount"], currency),
                    money(line["tax"], currency),
                    money(line["total"], currency),
                )
                for line in order.document["lines"]
            ],
        )
        totals = order.document["totals"]
        if rounding := totals.get("rounding"):
            out.print(f"  cash rounding: {money(rounding, currency)}")
        out.print(f"  total: {money(totals['total'], currency)}")
        for tender in order.document.get("tenders", ()):
            if tender.get("change"):
                tendered = money(tender["tendered"], currency)
                out.print(f"  cash given: {tendered}, change: {money(tender['change'], currency)}")


def is_settled_by_hand(tender: Tender, settlement: Case | None) -> bool:
    return settlement is not None and tender.state not in REVERSED_STATES


def print_tenders(tenders: list[Tender], settlement: Case | None) -> None:
    if tenders:
        print_table(
            "Tenders",
            ("no>", "type", "state", "amount>", "captured>", "refunded>"),
            [
                (
                    tender.tender_no,
                    tender.type,
                    tender.state + (", settled by hand" if is_settled_by_hand(tender, settlement) else ""),
                    money(tender.amount, tender.currency),
                    money(tender.captured, tender.currency),
                    money(tender.refunded, tender.currency),
                )
                for tender in tenders
            ],
        )
    if settlement:
        resolved = f"by {settlement.resolved_by or 'a person'}, {timestamp(settlement.resolved_at or '')}"
        out.print(f"  settled by hand {resolved}: {settlement.note} (case {settlement.case_id})")


def print_returns(returns: list[Return]) -> None:
    if returns:
        print_table(
            "Returns",
            ("return!", "status!", "claimed!", "total>", "credit note!", "refused as"),
            [
                (
                    one.return_id,
                    one.status,
                    timestamp(one.claimed_at or ""),
                    money(one.total or 0, one.currency or ""),
                    one.credit_note_number,
                    one.reason,
                )
                for one in returns
            ],
        )


def print_documents(invoice: Invoice | None, note: CreditNote | None, entries: list[Entry]) -> None:
    if invoice:
        out.print(f"  invoice: {invoice.status}, {invoice.invoice_number or 'without a number'}")
    if note:
        total = money(note.total, note.currency)
        out.print(f"  credit note: {note.credit_note_number}, {total}, reason: {note.reason}")
    for entry in entries:
        out.print(f"  journal entry: {entry.entry_id}")
