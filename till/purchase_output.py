"""A purchase order in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from till.output import money, out, print_table, styled, timestamp

if TYPE_CHECKING:
    from purchasing.models import PurchaseView


def print_purchase(order: PurchaseView) -> None:
    """Print the lines, suppliers, receipts, invoice and payment of a purchase order."""
    reason = f" ({order.cancel_reason})" if order.cancel_reason else ""
    next_step = f", next: {order.next_step}" if order.next_step else ""
    if order.next_step == "pay" and order.invoice and order.invoice.due_on:
        next_step += f" on {order.invoice.due_on}"
    out.print(styled(order.purchase_order_id, "bold"), f" {order.status}{reason}{next_step}")
    print_table(
        "Lines",
        ("sku!", "ordered>", "received>", "rejected>", "unit cost>"),
        [
            (one.sku, one.quantity, one.received, one.rejected, money(one.unit_cost, order.currency))
            for one in order.lines
        ],
    )
    print_table(
        "Suppliers",
        ("supplier!", "state", "promised", "note"),
        [(one.supplier_id, one.state, one.promised_on or "", one.note) for one in order.attempts],
    )
    _print_deliveries(order)
    _print_amounts(order)


def _print_deliveries(order: PurchaseView) -> None:
    notes = [
        (note.note_id, note.expected_on or "", line.sku, line.quantity)
        for note in order.delivery_notes
        for line in note.lines
    ]
    if notes:
        print_table("Delivery notes", ("note!", "expected!", "sku!", "sent>"), notes)
    receipts = [
        (one.receipt_id, timestamp(one.received_at), line.sku, line.quantity, line.rejected)
        for one in order.receipts
        for line in one.lines
    ]
    if receipts:
        print_table("Receipts", ("receipt!", "at!", "sku!", "received>", "rejected>"), receipts)


def _print_amounts(order: PurchaseView) -> None:
    if order.pending_total is not None:
        pending, approved = (
            money(one or 0, order.currency) for one in (order.pending_total, order.approved_total)
        )
        out.print(f"  waits for approval: {pending}; approved is {approved}")
    if order.invoice:
        due = f", due {order.invoice.due_on}" if order.invoice.due_on else ""
        total = money(order.invoice.total, order.currency)
        out.print(f"  invoice {order.invoice.number}: {total}{due}")
    for difference in order.differences:
        out.print(f"  differs: {difference}")
    if order.payment:
        amount = money(order.payment.amount, order.currency)
        reference = order.payment.reference or "no reference yet"
        out.print(f"  {order.payment.state.lower()}: {amount}, {reference}")
