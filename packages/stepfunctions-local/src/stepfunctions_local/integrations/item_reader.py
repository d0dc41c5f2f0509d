"""ItemReader of a distributed Map: a data set in S3 as a list of items.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html
"""

import csv
import gzip
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from ..errors import StateError
from ..services import CallFailed, RoleNotAssumable, ServiceError, TaskServices

_DELIMITERS = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}
_NOT_ITERABLE = "Attempting to map over non-iterable node."
MAX_ITEMS = 100_000_000


@dataclass(frozen=True, slots=True)
class Reading:
    """How one ItemReader reads: its ReaderConfig and whose authority it reads with."""

    config: Mapping[str, Any]
    services: TaskServices
    role_arn: str | None = None
    max_items: int | None = None

    @property
    def limit(self) -> int:
        return self.max_items or MAX_ITEMS


@dataclass(frozen=True, slots=True)
class Items:
    """Items of one source, as the context object names it (`S3://bucket/key`, `STATE_DATA`).

    `keys` has the name of each where they are the members of a JSON object.
    """

    source: str
    values: list[Any]
    keys: list[str] | None = None

    @classmethod
    def of(cls, document: Any, source: str) -> "Items | None":
        """An array's items or an object's members; None for anything else."""
        if isinstance(document, list):
            return cls(source, document)
        if isinstance(document, dict):
            return cls(source, list(document.values()), list(document))
        return None

    @property
    def document(self) -> Any:
        """The array or object these are the items of."""
        return self.values if self.keys is None else dict(zip(self.keys, self.values, strict=True))

    def first(self, most: int) -> "Items":
        keys = self.keys if self.keys is None else self.keys[:most]
        return self if len(self.values) <= most else Items(self.source, self.values[:most], keys)


async def read_items(resource: str, arguments: dict[str, Any], reading: Reading) -> list[Items]:
    """The items of `arn:aws:states:::s3:getObject` or `s3:listObjectsV2`, at most `reading.max_items` of them.

    Raises StateError States.ItemReaderFailed.
    """
    action = resource.rsplit(":", 1)[-1]
    if action == "listObjectsV2":
        flattened = reading.config.get("Transformation") == "LOAD_AND_FLATTEN"
        # Of a listing to be loaded every object counts: MaxItems limits what is in them.
        listed = await _listing(arguments, reading, MAX_ITEMS if flattened else reading.limit)
        bucket = arguments["Bucket"]
        if not flattened:
            return [Items(source_of({"Bucket": bucket}), listed)]
        return await _loaded(((bucket, entry["Key"]) for entry in listed), reading)
    if reading.config.get("InputType") == "MANIFEST" or "ManifestType" in reading.config:
        return await _manifest(arguments, reading)
    body = await _object(arguments, reading)
    return [parse_items(body, reading, source_of(arguments)).first(reading.limit)]


async def _call(operation: str, arguments: dict[str, Any], reading: Reading) -> dict[str, Any]:
    from .shapes import known_operation, to_params

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
    return _plain(body if isinstance(body, bytes) else body.encode())


async def _listing(arguments: dict[str, Any], reading: Reading, most: int) -> list[dict[str, Any]]:
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
            if len(found) == most:
                return found
        if not answer.get("IsTruncated"):
            return found
        asked["ContinuationToken"] = answer["NextContinuationToken"]


async def _loaded(objects: Iterable[tuple[str, str]], reading: Reading) -> list[Items]:
    """The items inside every object, one object after another."""
    found: list[Items] = []
    left = reading.limit
    for bucket, key in objects:
        body = await _object({"Bucket": bucket, "Key": key}, reading)
        found.append(parse_items(body, reading, source_of({"Bucket": bucket, "Key": key})).first(left))
        left -= len(found[-1].values)
        if not left:
            break
    return found


def parse_items(body: bytes, reading: Reading, source: str) -> Items:
    """The items of a data set's bytes. Raises StateError States.ItemReaderFailed."""
    kind = reading.config.get("InputType", "JSON")
    if kind == "JSON":
        return _json(body, reading.config.get("ItemsPointer"), source)
    if kind == "JSONL":
        return Items(source, list(_json_lines(body)))
    if kind == "CSV":
        return Items(source, _csv(body, reading))
    return Items(source, _parquet(body))


def _json(body: bytes, pointer: str | None, source: str) -> Items:
    try:
        document = json.loads(body)
    except ValueError as error:
        raise _failed(f"Provided S3 object is not valid JSON: {error}") from None
    if not pointer:
        # A whole file that is an object was refused when AWS's answers were recorded.
        if not isinstance(document, list):
            raise _failed(_NOT_ITERABLE)
        return Items(source, document)
    for step in pointer.lstrip("/").split("/"):
        step = step.replace("~1", "/").replace("~0", "~")
        try:
            document = document[int(step) if isinstance(document, list) else step]
        except (KeyError, IndexError, TypeError, ValueError):
            raise _failed(f"The ItemsPointer '{pointer}' points at nothing in the S3 object.") from None
    items = Items.of(document, source)
    if items is None:
        raise _failed(_NOT_ITERABLE)
    return items


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


def _parquet(body: bytes) -> list[dict[str, Any]]:
    """The rows of a Parquet file. It takes pyarrow, which weighs more than all the rest and is not required."""
    try:
        parquet = import_module("pyarrow.parquet")
    except ImportError:
        raise _failed("Reading PARQUET takes the package pyarrow, which is not installed here.") from None
    try:
        rows = parquet.read_table(io.BytesIO(body)).to_pylist()
    except (ValueError, OSError) as error:
        raise _failed(f"Provided S3 object is not valid Parquet: {error}") from None
    # What JSON has no form for (times, decimals, bytes) goes in as text.
    items: list[dict[str, Any]] = json.loads(json.dumps(rows, default=str))
    return items


async def _manifest(arguments: dict[str, Any], reading: Reading) -> list[Items]:
    """The items of every data file an S3 Inventory's or Athena UNLOAD's manifest names."""
    body = await _object(arguments, reading)
    if reading.config.get("ManifestType") == "ATHENA_DATA":
        return await _loaded((_s3_address(line) for line in body.decode().split()), reading)
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
    rows = {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": columns}
    return await _loaded(((bucket, key) for key in files), replace(reading, config=rows))


def _plain(data: bytes) -> bytes:
    return gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data


def source_of(place: Mapping[str, Any]) -> str:
    """The context object's name of a bucket, or of an object in it."""
    return "S3://" + "/".join(str(place[part]) for part in ("Bucket", "Key") if part in place)


def _s3_address(text: str) -> tuple[str, str]:
    bucket, _, key = text.strip('"').removeprefix("s3://").partition("/")
    return bucket, key


def _failed(cause: str) -> StateError:
    return StateError("States.ItemReaderFailed", cause)
