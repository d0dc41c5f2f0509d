"""ItemReader of a distributed Map: a data set in S3 as a list of items.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html
"""

import csv
import gzip
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import StateError
from ..services import CallFailed, RoleNotAssumable, ServiceError, Services
from .shapes import known_operation, to_params

_DELIMITERS = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}
_NOT_ITERABLE = "Attempting to map over non-iterable node."
MOST_ITEMS = 100_000_000


@dataclass(frozen=True, slots=True)
class Reading:
    """How one ItemReader reads: its ReaderConfig and whose authority it reads with."""

    config: Mapping[str, Any]
    services: Services
    role_arn: str | None = None
    max_items: int | None = None

    @property
    def limit(self) -> int:
        return self.max_items or MOST_ITEMS


async def read_items(resource: str, arguments: dict[str, Any], reading: Reading) -> list[Any]:
    """The items of `arn:aws:states:::s3:getObject` or `s3:listObjectsV2`, at most `reading.max_items` of them.

    Raises StateError States.ItemReaderFailed.
    """
    action = resource.rsplit(":", 1)[-1]
    if action == "listObjectsV2":
        listed = await _listing(arguments, reading)
        if reading.config.get("Transformation") == "LOAD_AND_FLATTEN":
            return await _flattened(arguments["Bucket"], listed, reading)
        return listed
    if reading.config.get("InputType") == "MANIFEST" or "ManifestType" in reading.config:
        return await _manifest(arguments, reading)
    body = await _object(arguments, reading)
    return parse_items(body, reading)[: reading.limit]


async def _call(operation: str, arguments: dict[str, Any], reading: Reading) -> dict:
    method = known_operation("s3", operation)
    try:
        return await reading.services.call(
            "s3", method.name, to_params(method, arguments), role_arn=reading.role_arn
        )
    except ServiceError as error:
        raise _failed(
            f"{error.message} (Service: AmazonS3; Status Code: {error.status}; Error Code: {error.code}; "
            f"Request ID: {error.request_id}; S3 Extended Request ID: {error.extended_request_id}; Proxy: null)"
        ) from None
    except (CallFailed, RoleNotAssumable, ValueError) as error:
        raise _failed(str(error)) from None


async def _object(arguments: dict[str, Any], reading: Reading) -> bytes:
    body = (await _call("getObject", arguments, reading))["Body"]
    return body if isinstance(body, bytes) else body.encode()


async def _listing(arguments: dict[str, Any], reading: Reading) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    asked = dict(arguments)
    while True:
        answer = await _call("listObjectsV2", asked, reading)
        for entry in answer.get("Contents", []):
            found.append(
                {
                    "Etag": entry["ETag"],
                    "Key": entry["Key"],
                    "LastModified": int(entry["LastModified"].timestamp()),
                    "Size": entry["Size"],
                    "StorageClass": entry.get("StorageClass", "STANDARD"),
                }
            )
            if len(found) == reading.limit:
                return found
        if not answer.get("IsTruncated"):
            return found
        asked["ContinuationToken"] = answer["NextContinuationToken"]


async def _flattened(bucket: str, listed: list[dict[str, Any]], reading: Reading) -> list[Any]:
    """The items inside every object listed, one after another."""
    items: list[Any] = []
    for entry in listed:
        items += parse_items(await _object({"Bucket": bucket, "Key": entry["Key"]}, reading), reading)
        if len(items) >= reading.limit:
            return items[: reading.limit]
    return items


def parse_items(body: bytes, reading: Reading) -> list[Any]:
    """The items of a data set's bytes. Raises StateError States.ItemReaderFailed."""
    kind = reading.config.get("InputType", "JSON")
    if kind == "JSON":
        return _json(body, reading.config.get("ItemsPointer"))
    if kind == "JSONL":
        return list(_json_lines(body))
    if kind == "CSV":
        return _csv(body, reading)
    raise _failed(f"This Step Functions does not read {kind} files. Use JSON, JSONL, CSV or MANIFEST.")


def _json(body: bytes, pointer: str | None) -> list[Any]:
    try:
        document = json.loads(body)
    except ValueError as error:
        raise _failed(f"Provided S3 object is not valid JSON: {error}") from None
    if pointer:
        for step in pointer.lstrip("/").split("/"):
            step = step.replace("~1", "/").replace("~0", "~")
            try:
                document = document[int(step) if isinstance(document, list) else step]
            except (KeyError, IndexError, TypeError, ValueError):
                raise _failed(f"The ItemsPointer '{pointer}' points at nothing in the S3 object.") from None
    if not isinstance(document, list):
        raise _failed(_NOT_ITERABLE)
    return document


def _json_lines(body: bytes) -> Iterator[Any]:
    for number, line in enumerate(body.decode().splitlines(), 1):
        if line.strip():
            try:
                yield json.loads(line)
            except ValueError as error:
                raise _failed(f"Line {number} of the S3 object is not valid JSON: {error}") from None


def _csv(body: bytes, reading: Reading) -> list[dict[str, str]]:
    config = reading.config
    rows = csv.reader(
        io.StringIO(body.decode("utf-8-sig")), delimiter=_DELIMITERS[config.get("CSVDelimiter", "COMMA")]
    )
    given = config.get("CSVHeaders", []) if config.get("CSVHeaderLocation") == "GIVEN" else None
    headers = next(rows, []) if given is None else list(given)
    if len(set(headers)) != len(headers):
        raise _failed("CSV headers cannot contain duplicates.")
    items = []
    for row in rows:
        if not row:
            continue
        cells = row + [""] * (len(headers) - len(row))
        items.append(dict(zip(headers, cells, strict=False)))
        if len(items) == reading.limit:
            break
    return items


async def _manifest(arguments: dict[str, Any], reading: Reading) -> list[Any]:
    """The items of every data file an S3 Inventory's or Athena UNLOAD's manifest names."""
    body = await _object(arguments, reading)
    if reading.config.get("ManifestType") == "ATHENA_DATA":
        sources = [_s3_address(line) for line in body.decode().split()]
        items: list[Any] = []
        for bucket, key in sources:
            data = _plain(await _object({"Bucket": bucket, "Key": key}, reading))
            items += parse_items(data, reading)
        return items[: reading.limit]
    try:
        manifest = json.loads(body)
        bucket = manifest["destinationBucket"].rsplit(":", 1)[-1]
        columns = [column.strip() for column in manifest["fileSchema"].split(",")]
        files = [entry["key"] for entry in manifest["files"]]
    except (ValueError, KeyError, TypeError):
        raise _failed("The S3 object is not an S3 Inventory manifest.") from None
    if manifest.get("fileFormat") != "CSV":
        raise _failed(
            f"Inventory files of the format {manifest.get('fileFormat')} are not supported: use CSV."
        )
    items = []
    for key in files:
        data = _plain(await _object({"Bucket": bucket, "Key": key}, reading))
        for row in csv.reader(io.StringIO(data.decode())):
            items.append(dict(zip(columns, row, strict=False)))
            if len(items) == reading.limit:
                return items
    return items


def _plain(data: bytes) -> bytes:
    return gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data


def _s3_address(text: str) -> tuple[str, str]:
    bucket, _, key = text.strip('"').removeprefix("s3://").partition("/")
    return bucket, key


def _failed(cause: str) -> StateError:
    return StateError("States.ItemReaderFailed", cause)
