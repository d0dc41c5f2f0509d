"""`till image`: upload, show and list product images; rejected files; redrive and backfill."""

from __future__ import annotations

import io
import mimetypes
from collections.abc import Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from till import drawing
from till.errors import OperatorError, operator_errors
from till.numbers import number_option
from till.output import err, out, print_fields, print_json, print_table, printable, styled, timestamp
from till.stack import find_stack
from till.waiting import LONGEST_WAIT, Wait

if TYPE_CHECKING:
    from images.backfill import Report
    from images.models import ImageSummary, ImageView, SignedUpload

    from till.services.images import UploadedObject

app = typer.Typer(
    no_args_is_help=True, help="Product images: add, show, list, quarantine, redrive, backfill."
)

_FIELDS = (
    "status key sku format displayed_size stored_size bytes frames alpha icc_name captured_at camera "
    "dominant_colour perceptual_hash sha256 version_id etag reason sentence quarantine_key updated_at execution"
)
_REPORT_ROWS = {
    "checked": "checked",
    "stale": "missing or stale",
    "ingested": "updated",
    "dead_lettered": "in the dead-letter queue",
    "failed": "in batches that failed",
}
_PROGRESS = (
    TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn(),
)  # fmt: skip
_CONTENT_TYPES = {".webp": "image/webp", ".avif": "image/avif", ".heic": "image/heic", ".heif": "image/heic"}
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("add")
def add_image(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Image file.")],
    sku: Annotated[str, typer.Option(help="SKU of the product.")],
    name: Annotated[str, typer.Option(help="Name of the image; the file's name by default.")] = "",
    wait: Wait = False,
) -> None:
    """Upload an image of a product; its thumbnails are made within seconds.

    Examples:

        till image add docs/examples/mug.png --sku MUG-WHT-300 --wait

        till image add docs/examples/mug.png --sku MUG-WHT-300 --name side.png
    """
    from till.services.images import Images

    images = Images(find_stack())
    kind = (
        _CONTENT_TYPES.get(file.suffix.lower()) or mimetypes.guess_type(file)[0] or "application/octet-stream"
    )
    with operator_errors("Correct it and try again."):
        form = images.sign_upload(sku, name or file.name, kind)
    uploaded = _upload(form, file, kind)
    out.print(f"Uploaded {uploaded.key}.")
    if not wait:
        return
    image = images.wait_until_ingested(uploaded, LONGEST_WAIT)
    if image is None:
        raise OperatorError(
            f"{uploaded.key} was not ingested within {LONGEST_WAIT:.0f} seconds.",
            "`till image list` shows it when it is; `till image redrive` restarts ingests that failed.",
        )
    if image.status == "REJECTED":
        out.print(
            styled("Rejected:", "red"), f"{image.sentence}. The original is in quarantine ({image.reason})."
        )
        raise typer.Exit(1)
    if out.is_terminal:
        _draw(image, min(48, out.width))
    out.print(f"{_size(image)} {image.format}, {len(image.outputs)} thumbnails.")


@app.command("show")
def show_image(
    key: Annotated[str, typer.Argument(help="Object key, as `till image list` shows it.")],
    width: Annotated[int, number_option(min=8, max=400, help="Width of the drawing in columns.")] = 64,
    as_json: AsJson = False,
) -> None:
    """Draw an image in the terminal and show its metadata.

    Example:

        till image add docs/examples/mug.png --sku MUG-WHT-300 --wait

        till image show products/MUG-WHT-300/mug.png
    """
    from till.services.images import Images

    with operator_errors("`till image list` lists the images."):
        image = Images(find_stack()).show(key)
    row = image.model_dump(mode="json", exclude_none=True)
    if as_json:
        print_json(row)
        return
    if image.outputs and out.is_terminal:
        _draw(image, min(width, out.width))
    print_fields(key, {field: _value(row[field]) for field in _FIELDS.split() if field in row})
    print_table(
        "Thumbnails",
        ("URL", "type!", "size!", "bytes>"),
        [(o.url, o.type, f"{o.width} x {o.height}", o.bytes) for o in image.outputs],
    )


@app.command("list")
def list_images(
    sku: Annotated[str, typer.Option(help="List only images of this product.")] = "",
    limit: Annotated[
        int, number_option("--limit", min=1, max=10_000, help="Maximum number of images.")
    ] = 100,
    as_json: AsJson = False,
) -> None:
    """List the images, or those of one product.

    Example:

        till image list --sku COF-ESP-1KG
    """
    from tillflow.listing import every

    from till.services.catalog import Catalog
    from till.services.images import Images

    stack = find_stack()
    images = Images(stack)
    if sku:
        rows = images.list_of_products([sku])[0][:limit]
    else:
        rows = list(islice(every(partial(images.list_images, 100)), limit))
    if sku and not rows:
        with operator_errors("`till product list` lists every product."):
            Catalog(stack).get(sku)
    if as_json:
        print_json(_documents(rows))
    elif not rows:
        out.print("No images.")
    else:
        columns = ("key", "size!", "colour!", "status!", "updated!")
        print_table("Images", columns, [_line(row) for row in sorted(rows, key=lambda row: row.key)])


@app.command("quarantine")
def list_rejected(as_json: AsJson = False) -> None:
    """List the rejected files with the reason, the newest first.

    Example:

        till image quarantine
    """
    from till.services.images import Images

    rows = list(Images(find_stack()).list_rejected())
    if as_json:
        print_json(_documents(rows))
    elif not rows:
        out.print("No files in quarantine.")
    else:
        print_table(
            "Quarantine",
            ("key", "reason!", "message", "rejected at!"),
            [(row.key, row.reason or "", row.sentence or "", timestamp(row.updated_at)) for row in rows],
        )


@app.command("redrive")
def redrive_images() -> None:
    """Restart the ingest of every image whose event is in the dead-letter queue.

    Example:

        till image redrive
    """
    from till.services.images import Images

    started = list(Images(find_stack()).redrive())
    for one in started:
        out.print(f"{one.key}  {one.execution_arn}")
    out.print(f"{len(started)} redriven." if started else "The dead-letter queue is empty.")


@app.command("backfill")
def backfill_images(
    prefix: Annotated[str, typer.Option(help="Update only objects whose key has this prefix.")] = "products/",
    resume: Annotated[
        str, typer.Option(help="Name of a backfill to follow; it is resumed if it failed or was aborted.")
    ] = "",
    wait: Wait = False,
    as_json: AsJson = False,
) -> None:
    """Create the thumbnails that are missing or stale.

    The backfill runs as a workflow: Ctrl-C ends the progress display of --wait, not the backfill.

    Examples:

        till image backfill --prefix products/COF- --wait

        till image backfill --resume "$(till image backfill --json | jq -r .name)"
    """
    from images.backfill import BackfillOperations, BackfillWithoutReport

    operations = BackfillOperations(find_stack())
    arn = operations.resume(resume) if resume else operations.start(prefix)
    name = arn.rpartition(":")[2]
    if not wait:
        if as_json:
            print_json({"name": name, "execution_arn": arn})
        else:
            out.print(f"{name} has started. Follow it with `till image backfill --resume {name} --wait`.")
        return
    err.print(f"To follow it later: till image backfill --resume {name} --wait")
    with Progress(*_PROGRESS, console=err) as display:
        task = display.add_task("Listing", total=None)
        for progress in operations.follow(arn):
            ended = progress.succeeded + progress.failed
            display.update(task, completed=ended, total=progress.total or None, description="Updating")
    try:
        report = operations.report(arn)
    except BackfillWithoutReport as ended_early:
        raise OperatorError(
            str(ended_early),
            f"Fix the cause, then resume it with `till image backfill --resume {ended_early.name}`.",
        ) from None
    _show(report, as_json)


def _show(report: Report, as_json: bool) -> None:
    if as_json:
        print_json(report.document())
    else:
        rows = [(label, getattr(report, field)) for field, label in _REPORT_ROWS.items()]
        print_table(report.name, ("objects", "number>"), rows)
    if report.status != "SUCCEEDED":
        err.print(f"The backfill ended {report.status}: {report.failed} objects are in batches that failed.")
        err.print(
            f"See `till history {report.name}`; resume it with `till image backfill --resume {report.name}`."
        )
        raise typer.Exit(1)
    if report.dead_lettered:
        err.print("Restart those in the dead-letter queue with `till image redrive`.")


def _upload(form: SignedUpload, file: Path, kind: str) -> UploadedObject:
    from till.services.images import UploadedObject
    from till.services.upload import upload

    headers = upload(form.url, form.fields, file, kind, "An image may have 1 byte to 50 MiB.")
    return UploadedObject(form.key, headers.get("ETag", "").strip('"'), headers.get("x-amz-version-id", ""))


def _draw(image: ImageView, width: int) -> None:
    from PIL import Image

    from till.services.images import read_thumbnail

    drawing.draw(out, Image.open(io.BytesIO(read_thumbnail(image, 512))), width)


def _documents(images: Sequence[ImageSummary]) -> list[dict[str, Any]]:
    return [image.model_dump(mode="json", exclude_none=True, exclude={"thumbnail_url"}) for image in images]


def _line(image: ImageSummary) -> tuple[str | Text, ...]:
    colour = image.dominant_colour
    swatch = Text.assemble(drawing.swatch(colour), f" {printable(colour)}") if colour else ""
    return image.key, _size(image), swatch, image.status, timestamp(image.updated_at)


def _size(image: ImageSummary) -> str:
    return " x ".join(map(str, image.displayed_size or ()))


def _value(value: Any) -> str:
    return " x ".join(map(str, value)) if isinstance(value, list) else str(value)
