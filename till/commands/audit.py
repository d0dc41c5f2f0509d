"""`till audit`: check the invariants on live data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress

from till import audited_executions
from till.output import err, out, print_json, print_table, styled
from till.stack import Stack, find_stack

if TYPE_CHECKING:
    from audit.snapshot import Snapshot


def audit(
    as_json: Annotated[bool, typer.Option("--json", help="Print the violations as JSON.")] = False,
) -> None:
    """Check the invariants of stock, money, invoices, ledger and pictures; exit 1 if one is violated.

    Running orders are checked for the invariants that hold at any moment.

    Examples:

        till audit

        till audit --json | jq '.violations[].name'
    """
    from tillflow.plurals import counted

    from audit import INVARIANTS, check

    shop = _read_shop(find_stack())
    violations = check(shop)
    items = {table: len(rows) for table, rows in shop.tables.items()}
    if as_json:
        print_json(
            {
                "invariants": [invariant.__name__ for invariant in INVARIANTS],
                "items": items,
                "running": sorted(shop.running),
                "violations": [
                    {"name": v.name, "subject": v.subject, "message": v.message} for v in violations
                ],
            }
        )
    elif violations:
        print_table(
            counted(len(violations), "violation"),
            ("invariant", "subject", "message"),
            [(v.name, v.subject, v.message) for v in violations],
        )
    else:
        out.print(
            styled(f"All {len(INVARIANTS)} invariants hold", "green"),
            f"over {counted(len(shop.orders), 'order')}, {counted(len(shop.levels), 'stock level')}, "
            f"{counted(len(shop.entries), 'journal entry')}, {counted(len(shop.images), 'picture')} "
            f"({counted(sum(items.values()), 'item')}, {counted(len(shop.running), 'order')} running).",
        )
    if violations:
        raise typer.Exit(1)


def _read_shop(stack: Stack) -> Snapshot:
    """Return the tables, the executions and the pictures of a stack; show the progress."""
    from images.operations import ImageOperations

    from audit.delivery import BUS_TIME
    from audit.reader import QUEUED, read_pictures, read_snapshot
    from audit.snapshot import TABLES

    images = ImageOperations(stack)
    pending = images.pending_keys()
    with Progress(console=err, transient=True) as progress:
        reading = progress.add_task("Reading the tables", total=len(TABLES))
        return read_snapshot(
            stack.client("dynamodb"),
            stack.output,
            lambda: audited_executions.running(stack),
            lambda table, items: progress.advance(reading),
            succeeded=lambda: audited_executions.succeeded(stack),
            pictures=lambda: read_pictures(
                stack.client("s3"),
                stack.output,
                lambda: pending | images.pending_keys(),
                QUEUED if images.has_queued_events() else BUS_TIME,
            ),
        )
