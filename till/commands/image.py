"""`till image`: the pictures of the products, seen in the terminal, and what became of the others."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from tillflow.store import Item

from till import backfill, drawing, images
from till.errors import OperatorError
from till.output import err, out, print_json, print_table
from till.stack import find_stack

app = typer.Typer(no_args_is_help=True, help="Add, show and list pictures; see what was refused or parked.")

_SHOWN = (
    "status key sku format displayed_size stored_size bytes frames alpha icc_name captured_at camera "
    "dominant_colour perceptual_hash sha256 version_id etag reason sentence quarantine_key updated_at execution"
)
_TOLD = {
    "checked": "looked at",
    "stale": "missing or stale",
    "ingested": "brought up to date",
    "parked": "parked",
    "failed": "in batches that failed",
}
_COLUMNS = (
    TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn(),
)  # fmt: skip
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("add")
def add_image(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The picture.")],
    sku: Annotated[str, typer.Option(help="The product it shows.")],
    name: Annotated[str, typer.Option(help="Its name among the product's; the file's own by default.")] = "",
    wait: Annotated[float, typer.Option(help="Seconds to wait for the thumbnails; 0 not to.")] = 30,
) -> None:
    """Upload a picture of a product and show what became of it.

    Example:

        till image add espresso.heic --sku COF-ESP-1KG
    """
    stack = find_stack()
    uploaded = images.add(stack, sku, file, name or file.name)
    out.print(f"Uploaded {escape(uploaded.key)}.", highlight=False)
    if not wait:
        return
    row = images.wait_for(stack, uploaded, wait)
    if row is None:
        raise OperatorError(
            f"Nothing was heard of {uploaded.key} within {wait:g} s.",
            "`till image list` shows it when it is done; `till image redrive` starts parked ones again.",
        )
    if row["status"] == "REJECTED":
        raise OperatorError(
            f"It was refused: {row['sentence']}.", f"The original is in quarantine ({row['reason']})."
        )
    if out.is_terminal:
        drawing.draw(out, images.thumbnail(stack, row, 512), min(48, out.width))
    out.print(f"{_size(row)} {row['format']}, {len(row['outputs'])} thumbnails.", highlight=False)


@app.command("show")
def show_image(
    key: Annotated[str, typer.Argument(help="Its key, as `till image list` shows it.")],
    width: Annotated[int, typer.Option(min=8, max=400, help="Columns to draw it in.")] = 64,
    as_json: AsJson = False,
) -> None:
    """Show a picture in the terminal, and all that is known of it.

    Example:

        till image show products/COF-ESP-1KG/espresso.heic
    """
    stack = find_stack()
    row = images.with_urls(stack, images.find_image(stack, key))
    if as_json:
        print_json(row)
        return
    if row["outputs"] and out.is_terminal:
        columns = min(width, out.width)
        drawing.draw(out, images.thumbnail(stack, row, 512), columns)
    facts = [(name, _value(row[name])) for name in _SHOWN.split() if row.get(name) is not None]
    print_table(escape(key), ("field!", "value"), facts)
    print_table(
        "Thumbnails",
        ("URL", "type!", "size!", "bytes>"),
        [(o["url"], o["type"], f"{o['width']} x {o['height']}", o["bytes"]) for o in row["outputs"]],
    )


@app.command("list")
def list_images(
    sku: Annotated[str, typer.Option(help="Only this product's.")] = "",
    most: Annotated[int, typer.Option("--most", min=1, help="At most so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List the pictures, or those of one product.

    Example:

        till image list --sku COF-ESP-1KG
    """
    stack = find_stack()
    rows = images.of_product(stack, sku)[:most] if sku else images.every_image(stack, most)
    if as_json:
        print_json(rows)
    elif not rows:
        out.print("No images.")
    else:
        columns = ("key", "size!", "colour!", "status!", "updated!")
        print_table("Images", columns, [_line(row) for row in sorted(rows, key=lambda row: row["key"])])


@app.command("quarantine")
def list_quarantine(as_json: AsJson = False) -> None:
    """List the files that were refused, the newest first, each with the reason.

    Example:

        till image quarantine
    """
    rows = images.quarantined(find_stack())
    if as_json:
        print_json(rows)
    elif not rows:
        out.print("Nothing is in quarantine.")
    else:
        print_table(
            "Quarantine",
            ("key", "reason!", "what was found", "when!"),
            [(escape(r["key"]), r["reason"], escape(r["sentence"]), _when(r)) for r in rows],
        )


@app.command("redrive")
def redrive_parked() -> None:
    """Ingest again every picture whose event waits in the dead-letter queue.

    Example:

        till image redrive
    """
    started = list(images.redrive(find_stack()))
    for key, execution in started:
        out.print(f"{escape(key)}  {execution}", soft_wrap=True, highlight=False)
    out.print(f"{len(started)} redriven." if started else "Nothing is parked.")


@app.command("backfill")
def backfill_images(
    prefix: Annotated[str, typer.Option(help="Only objects whose key begins so.")] = "products/",
    resume: Annotated[
        str, typer.Option(help="Follow a backfill by its name; one that failed or was ended goes on first.")
    ] = "",
    wait: Annotated[bool, typer.Option(help="Show how far it is until it has ended.")] = True,
    as_json: AsJson = False,
) -> None:
    """Bring every picture's thumbnails up to date: only what is missing or stale is made.

    It runs in the cloud: Ctrl-C ends the watching, not the work.

    Examples:

        till image backfill --prefix products/COF-

        till image backfill --resume backfill-20261123T101500-5f0c1a2b
    """
    stack = find_stack()
    arn = backfill.resume(stack, resume) if resume else backfill.start(stack, prefix)
    name = arn.rpartition(":")[2]
    err.print(f"Come back to it with: till image backfill --resume {name}", highlight=False, soft_wrap=True)
    if not wait:
        return
    with Progress(*_COLUMNS, console=err) as progress:
        task = progress.add_task("Listing", total=None)
        for counts in backfill.follow(stack, arn):
            looked_at = counts.done + counts.failed
            progress.update(
                task, completed=looked_at, total=counts.total or None, description="Bringing up to date"
            )
    report = backfill.report(stack, arn)
    if as_json:
        print_json(report.document())
    else:
        print_table(
            report.name, ("objects", "how many>"), [(told, getattr(report, n)) for n, told in _TOLD.items()]
        )
    if report.status != "SUCCEEDED":
        raise OperatorError(
            f"The backfill ended {report.status}: {report.failed} objects are in batches that failed.",
            f"See why with `till history {name}`; `till image backfill --resume {name}` does what is left.",
        )
    if report.parked:
        err.print("What is parked waits for `till image redrive`.")


def _line(row: Item) -> tuple[str, ...]:
    colour = row.get("dominant_colour", "")
    swatch = f"[on {colour}]  [/] {colour}" if colour else ""
    return escape(row["key"]), _size(row), swatch, row.get("status", "READY"), _when(row)


def _size(row: Item) -> str:
    width, height = row.get("displayed_size") or ("", "")
    return f"{width} x {height}" if width else ""


def _when(row: Item) -> str:
    return str(row["updated_at"])[:16].replace("T", " ")


def _value(value: Any) -> str:
    return " x ".join(map(str, value)) if isinstance(value, list) else escape(str(value))
