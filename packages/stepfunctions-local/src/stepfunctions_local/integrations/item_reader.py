"""ItemReader of a distributed Map: read a data set in S3 as a list of items.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html
"""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from ..errors import StateError
from ..expressions.json_values import loads
from ..json_errors import json_error
from ..services import CallFailed, RoleNotAssumable, ServiceError, TaskServices

_DELIMITERS = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}
_NOT_ITERABLE = "Attempting to map over non-iterable node."
MAX_ITEMS = 100_000_000


@dataclass(frozen=True, slots=True)
class Reading:
    """An ItemReader's parameters: its ReaderConfig, and the services and role it reads with."""

    config: Mapping[str, Any]
    services: TaskServices
    role_arn: str | None = None
    max_items: int | None = None

    @property
    def limit(self) -> int:
        """The maximum number of items."""
        return self.max_items or MAX_ITEMS


@dataclass(frozen=True, slots=True)
class Items:
    """Items of one source with its name in the context object (`S3://bucket/key`, `STATE_DATA`).

    `keys` has the members' names if the source is a JSON object.
    """

    source: str
    values: list[Any]
    keys: list[str] | None = None

    @classmethod
    def of(cls, document: Any, source: str) -> "Items | None":
        """Return an array's items or an object's members; None for anything else."""
        if isinstance(document, list):
            return cls(source, document)
        if isinstance(document, dict):
            return cls(source, list(document.values()), list(document))
        return None

    @property
    def document(self) -> Any:
        """The array or object that has these items."""
        return self.values if self.keys is None else dict(zip(self.keys, self.values, strict=True))

    def first(self, count: int) -> "Items":
        """Return at most `count` items."""
        keys = self.keys if self.keys is None else self.keys[:count]
        return self if len(self.values) <= count else Items(self.source, self.values[:count], keys)


async def read_items(resource: str, arguments: dict[str, Any], reading: Reading) -> list[Items]:
    """Read the items of `arn:aws:states:::s3:getObject` or `s3:listObjectsV2`, at most `reading.max_items`.

    Raises StateError States.ItemReaderFailed.
    """
    action = resource.rsplit(":", 1)[-1]
    if action == "listObjectsV2":
        flattened = reading.config.get("Transformation") == "LOAD_AND_FLATTEN"
        # With LOAD_AND_FLATTEN, MaxItems limits the items in the objects, not the objects.
        listed = await _listing(arguments, reading, MAX_ITEMS if flattened else reading.limit)
        bucket = arguments["Bucket"]
        if not flattened:
            return [Items(source_of({"Bucket": bucket}), listed)]
        return await _load_objects(((bucket, entry["Key"]) for entry in listed), reading)
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
            f"Request ID: {error.request_id}; S3 Extended Request ID: {error.extended_request_id or 'null'}; "
            "Proxy: null)"
        ) from None
    except (CallFailed, RoleNotAssumable, ValueError) as error:
        raise _failed(str(error)) from None


async def _object(arguments: dict[str, Any], reading: Reading) -> bytes:
    body = (await _call("getObject", arguments, reading))["Body"]
    try:
        return _decompress(body if isinstance(body, bytes) else body.encode())
    except (OSError, EOFError, zlib.error):
        raise _failed("Provided S3 object is not valid gzip") from None


async def _listing(arguments: dict[str, Any], reading: Reading, limit: int) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    params = dict(arguments)
    while True:
        response = await _call("listObjectsV2", params, reading)
        for entry in response.get("Contents", []):
            entries.append(
                {
                    "Etag": entry["ETag"],
                    "Key": entry["Key"],
                    "LastModified": int(entry["LastModified"].timestamp()),
                    "Size": entry["Size"],
                    "StorageClass": entry.get("StorageClass", "STANDARD"),
                }
            )
            if len(entries) == limit:
                return entries
        if not response.get("IsTruncated"):
            return entries
        params["ContinuationToken"] = response["NextContinuationToken"]


async def _load_objects(objects: Iterable[tuple[str, str]], reading: Reading) -> list[Items]:
    """Read the items of every object, one after the other."""
    sources: list[Items] = []
    remaining = reading.limit
    for bucket, key in objects:
        body = await _object({"Bucket": bucket, "Key": key}, reading)
        sources.append(parse_items(body, reading, source_of({"Bucket": bucket, "Key": key})).first(remaining))
        remaining -= len(sources[-1].values)
        if not remaining:
            break
    return sources


def parse_items(body: bytes, reading: Reading, source: str) -> Items:
    """Parse a data set. Raises StateError States.ItemReaderFailed."""
    kind = reading.config.get("InputType", "JSON")
    if kind == "JSON":
        return _json(body, reading.config.get("ItemsPointer"), source)
    if kind == "JSONL":
        return Items(source, list(_json_lines(body)))
    if kind == "CSV":
        return Items(source, _csv(body, reading))
    return Items(source, _parquet(body))


def _parse(text: bytes, what: str) -> Any:
    """Parse JSON. Raises StateError States.ItemReaderFailed in the words of AWS's parser."""
    try:
        return loads(text)
    except UnicodeDecodeError:
        raise _failed(f"{what} is not valid JSON: Invalid UTF-8") from None
    except (ValueError, RecursionError):
        reason = json_error(text.decode("utf-8-sig"))
        raise _failed(f"{what} is not valid JSON" + (f": {reason}" if reason else "")) from None


def _json(body: bytes, pointer: str | None, source: str) -> Items:
    document = _parse(body, "Provided S3 object")
    if not pointer:
        # AWS rejects a file that is an object unless an ItemsPointer is given.
        if not isinstance(document, list):
            raise _failed(_NOT_ITERABLE)
        return Items(source, document)
    for step in pointer.lstrip("/").split("/"):
        step = step.replace("~1", "/").replace("~0", "~")
        try:
            document = document[int(step) if isinstance(document, list) else step]
        except (KeyError, IndexError, TypeError, ValueError):
            raise _failed(f"The ItemsPointer '{pointer}' does not exist in the S3 object.") from None
    items = Items.of(document, source)
    if items is None:
        raise _failed(_NOT_ITERABLE)
    return items


def _json_lines(body: bytes) -> Iterator[Any]:
    # `splitlines` also splits at characters that a JSON string may contain, such as U+2028.
    for number, line in enumerate(body.split(b"\n"), 1):
        if line.strip():
            yield _parse(line, f"Line {number} of the S3 object")


def _csv(body: bytes, reading: Reading) -> list[dict[str, str]]:
    """Return the rows as objects; a backslash is removed and the character after it is kept.

    Source: https://docs.aws.amazon.com/step-functions/latest/dg/example-csv-parse-dist-map.html
    """
    try:
        text = io.StringIO(body.decode("utf-8-sig"), newline="")
        delimiter = _DELIMITERS[reading.config.get("CSVDelimiter", "COMMA")]
        return _csv_items(csv.reader(text, delimiter=delimiter, escapechar="\\"), reading)
    except UnicodeDecodeError:
        raise _failed("Provided S3 object is not valid CSV: Invalid UTF-8") from None
    except csv.Error:
        raise _failed("Provided S3 object is not valid CSV") from None


def _csv_items(rows: Iterator[list[str]], reading: Reading) -> list[dict[str, str]]:
    config = reading.config
    headers_in_config = config.get("CSVHeaderLocation") == "GIVEN"
    headers = list(config.get("CSVHeaders", [])) if headers_in_config else next(rows, [])
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
    """Read the rows of a Parquet file with pyarrow, an optional dependency."""
    try:
        parquet = import_module("pyarrow.parquet")
    except ImportError:
        raise _failed(
            "PARQUET requires the package pyarrow, which is not installed: install stepfunctions-local[parquet]."
        ) from None
    try:
        rows = parquet.read_table(io.BytesIO(body)).to_pylist()
    except (ValueError, OSError):
        raise _failed("Provided S3 object is not valid Parquet") from None
    # Values without a JSON form (times, decimals, bytes) become text.
    items: list[dict[str, Any]] = json.loads(json.dumps(rows, default=str))
    return items


async def _manifest(arguments: dict[str, Any], reading: Reading) -> list[Items]:
    """Read the items of every data file in the manifest of an S3 Inventory or an Athena UNLOAD."""
    body = await _object(arguments, reading)
    if reading.config.get("ManifestType") == "ATHENA_DATA":
        return await _load_objects(
            (_s3_address(line) for line in body.decode(errors="replace").split()), reading
        )
    try:
        manifest = json.loads(body)
        bucket = manifest["destinationBucket"].rsplit(":", 1)[-1]
        columns = [column.strip() for column in manifest["fileSchema"].split(",")]
        files = [entry["key"] for entry in manifest["files"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _failed("The S3 object is not an S3 Inventory manifest.") from None
    if manifest.get("fileFormat") != "CSV":
        raise _failed(
            f"Inventory files of the format {manifest.get('fileFormat')} are not supported: use CSV."
        )
    rows = {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": columns}
    return await _load_objects(((bucket, key) for key in files), replace(reading, config=rows))


def _decompress(data: bytes) -> bytes:
    return gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data


def source_of(location: Mapping[str, Any]) -> str:
    """Return the context object's name of a bucket or an object."""
    return "S3://" + "/".join(str(location[part]) for part in ("Bucket", "Key") if part in location)


def _s3_address(text: str) -> tuple[str, str]:
    bucket, _, key = text.strip('"').removeprefix("s3://").partition("/")
    return bucket, key


def _failed(cause: str) -> StateError:
    return StateError("States.ItemReaderFailed", cause)
