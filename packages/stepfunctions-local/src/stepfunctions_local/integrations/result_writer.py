"""ResultWriter of a distributed Map: transform the child executions' results and export them to S3.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import StateError
from ..services import CallFailed, RoleNotAssumable, ServiceError, TaskServices
from .formatting import iso, json_text

_STATUSES = ("SUCCEEDED", "FAILED", "PENDING")


@dataclass(frozen=True, slots=True)
class ExportTarget:
    """The destination of results: bucket, prefix and map run, and the services and role that write them."""

    bucket: str
    prefix: str
    map_run_arn: str
    services: TaskServices
    role_arn: str | None = None

    @property
    def folder(self) -> str:
        """The key prefix of all files of the map run."""
        run = self.map_run_arn.rsplit(":", 1)[-1]
        prefix = self.prefix.strip("/")
        return f"{prefix}/{run}" if prefix else run


def transformed(children: Iterable[Mapping[str, Any]], config: Mapping[str, Any]) -> list[Any]:
    """Transform child executions (DescribeExecution's responses) by WriterConfig's Transformation.

    NONE keeps each description, COMPACT the output, FLATTEN the items of an output that is an array. A child that
    did not succeed always keeps its description.
    """
    transformation = config.get("Transformation", "NONE")
    items: list[Any] = []
    for child in children:
        if transformation == "NONE" or child["status"] != "SUCCEEDED":
            items.append(result_entry(child))
            continue
        output = json.loads(child["output"])
        if transformation == "FLATTEN" and isinstance(output, list):
            items += output
        else:
            items.append(output)
    return items


def result_entry(child: Mapping[str, Any]) -> dict[str, Any]:
    """Return a child execution's description in a result file, which omits the map run."""
    shown: dict[str, Any] = {}
    for name, value in sorted(child.items()):
        if name == "mapRunArn":
            continue
        key = name[0].upper() + name[1:]
        if key in ("InputDetails", "OutputDetails"):
            value = {"Included": value.get("included", True)}
        elif key.endswith("Date"):
            value = iso(value)
        shown[key] = value
    return shown


async def export(
    children: Iterable[Mapping[str, Any]], config: Mapping[str, Any], target: ExportTarget
) -> dict[str, Any]:
    """Write the results and their manifest, and return the Map state's output.

    Raises StateError States.ResultWriterFailed.
    """
    by_status: dict[str, list[Mapping[str, Any]]] = {status: [] for status in _STATUSES}
    for child in children:
        status = child["status"]
        group = status if status in by_status else "FAILED"
        by_status["PENDING" if status in ("RUNNING", "PENDING_REDRIVE") else group].append(child)
    lines = config.get("OutputType", "JSON") == "JSONL"
    files: dict[str, list[dict[str, Any]]] = {status: [] for status in _STATUSES}
    for status, group in by_status.items():
        if not group:
            continue
        items = transformed(group, config)
        body = "\n".join(map(json_text, items)) if lines else json_text(items)
        key = f"{target.folder}/{status}_0.{'jsonl' if lines else 'json'}"
        await _put(target, key, body)
        files[status].append({"Key": key, "Size": len(body.encode())})
    manifest_key = f"{target.folder}/manifest.json"
    manifest = {
        "DestinationBucket": target.bucket,
        "MapRunArn": target.map_run_arn,
        "ResultFiles": {status: files[status] for status in ("FAILED", "PENDING", "SUCCEEDED")},
    }
    await _put(target, manifest_key, json_text(manifest))
    return {
        "MapRunArn": target.map_run_arn,
        "ResultWriterDetails": {"Bucket": target.bucket, "Key": manifest_key},
    }


async def _put(target: ExportTarget, key: str, body: str) -> None:
    try:
        await target.services.call(
            "s3",
            "PutObject",
            {"Bucket": target.bucket, "Key": key, "Body": body.encode()},
            role_arn=target.role_arn,
        )
    except ServiceError as error:
        raise StateError(
            "States.ResultWriterFailed",
            f"{error.message} (Service: AmazonS3; Status Code: {error.status}; Error Code: {error.code}; "
            f"Request ID: {error.request_id}; S3 Extended Request ID: {error.extended_request_id or 'null'}; "
            "Proxy: null)",
        ) from None
    except (CallFailed, RoleNotAssumable) as error:
        raise StateError("States.ResultWriterFailed", str(error)) from None
