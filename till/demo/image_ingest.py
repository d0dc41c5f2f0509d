"""Image ingest: upload valid, hostile, replaced and deleted files and compare each result."""

import io
import struct
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from PIL import Image
from tillflow.store import Item

from till import workflows
from till.demo.model import Outcome, Report, run_scenarios
from till.history import compensated
from till.shop import ESPRESSO
from till.stack import Stack

TIMEOUT_SECONDS = 60
_ORIENTATION = 0x0112


def _picture(kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((1600, 900)).convert("RGB").save(buffer, kind, **options)
    return buffer.getvalue()


def _plain(kind: str, colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGBA", (640, 480), colour).save(buffer, kind)
    return buffer.getvalue()


def _rotated() -> bytes:
    exif = Image.Exif()
    exif[_ORIENTATION] = 6
    return _picture("JPEG", exif=exif)


def _bomb() -> bytes:
    """Return a PNG whose header declares 60,000 x 60,000 pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 6, 0, 0, 0)
    data = b"IDAT" + zlib.compress(bytes(100))
    chunks = (
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in (header, data)
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@dataclass(frozen=True)
class Scenario:
    """Files uploaded under one key in quick succession, and whether the object is deleted afterwards."""

    title: str
    name: str
    bodies: Callable[[], list[bytes]]
    expected: str
    deleted: bool = False


SCENARIOS = (
    Scenario("rotated photo", "front view.jpg", lambda: [_rotated()], "READY 900 x 1600"),
    Scenario("transparent PNG", "café + crème.png", lambda: [_plain("PNG", "#ff000080")], "READY 640 x 480"),
    Scenario("AVIF named .jpg", "mislabelled.jpg", lambda: [_picture("AVIF")], "READY 1600 x 900"),
    Scenario(
        "replaced four times",
        "busy.png",
        lambda: [_plain("PNG", colour) for colour in ("red", "green", "black", "white", "blue")],
        "READY 640 x 480",
    ),
    Scenario(
        "SVG with a script", "logo.png", lambda: [b"<svg onload='x()'/>"], "REJECTED unsupported_format"
    ),
    Scenario("decompression bomb", "bomb.png", lambda: [_bomb()], "REJECTED too_many_pixels"),
    Scenario("truncated file", "half.jpg", lambda: [_picture("JPEG")[:9000]], "REJECTED broken"),
    Scenario("deleted", "gone.png", lambda: [_plain("PNG", "gold")], "DELETED", deleted=True),
)


class ImageIngestDemo:
    """Upload to the images bucket; S3 events start the workflows."""

    name = "image_ingest"
    title = "Image ingest"
    scenarios = len(SCENARIOS)

    def run(self, stack: Stack, ended: Report) -> list[Outcome]:
        run_id = f"demo-{token_hex(3)}"

        def one(_: int, scenario: Scenario) -> Outcome:
            key = f"products/{ESPRESSO}/{run_id}/{scenario.name}"
            row = _settled(stack, key, self._put(stack, key, scenario))
            return _outcome(stack, scenario, key, row)

        return run_scenarios(SCENARIOS, one, ended, threads=4)

    def _put(self, stack: Stack, key: str, scenario: Scenario) -> str:
        """Upload the files; return the version the row must have in the end, "" after a delete."""
        s3, bucket = stack.client("s3"), stack.output("ImagesBucket")
        version = ""
        for body in scenario.bodies():
            version = s3.put_object(Bucket=bucket, Key=key, Body=body)["VersionId"]
        if scenario.deleted:
            _settled(stack, key, version)
            s3.delete_object(Bucket=bucket, Key=key)
        return "" if scenario.deleted else version


def _settled(stack: Stack, key: str, version: str) -> Item:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while True:
        row = stack.row("ImagesTable", f"IMAGE#{key}", "IMAGE")
        if row.get("version_id") == version or time.monotonic() > deadline:
            return row
        time.sleep(workflows.POLL_SECONDS)


def _outcome(stack: Stack, scenario: Scenario, key: str, row: Item) -> Outcome:
    if not row:
        return Outcome(scenario.title, key, "", scenario.expected, "no row", [])
    workflows.wait(stack, row["execution"])
    size = " x ".join(map(str, row.get("displayed_size", ())))
    actual = " ".join(filter(None, (row["status"], row.get("reason", ""), size)))
    if _stored(stack, row) != len(row["outputs"]):
        actual += f", but {_stored(stack, row)} thumbnails are stored"
    steps = compensated(workflows.visits(stack, row["execution"]))
    return Outcome(scenario.title, key, row["execution"], scenario.expected, actual, steps)


def _stored(stack: Stack, row: Item) -> int:
    """Return the number of stored thumbnails, once superseded attempts have removed theirs."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    where = {"Bucket": stack.output("ThumbnailsBucket"), "Prefix": f"{row['image_id']}/"}
    while True:
        count = int(stack.client("s3").list_objects_v2(**where)["KeyCount"])
        if count == len(row["outputs"]) or time.monotonic() > deadline:
            return count
        time.sleep(workflows.POLL_SECONDS)
