"""Which requests can change the configuration of a service."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

_READS = (
    "Get", "List", "Describe", "Head", "Query", "Scan", "BatchGet", "Search", "Lookup", "Filter", "Select", "Test",
    "Validate", "Check", "Simulate", "Estimate", "Preview", "Decode",
)  # fmt: skip

# Operations on data, which the journal has by other means, or that change nothing.
_DATA_OPERATIONS = {
    "dynamodb": {
        "PutItem", "DeleteItem", "UpdateItem", "BatchWriteItem", "TransactWriteItems", "TransactGetItems",
        "ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction",
    },
    "sqs": {
        "ReceiveMessage", "DeleteMessage", "DeleteMessageBatch", "ChangeMessageVisibility",
        "ChangeMessageVisibilityBatch", "PurgeQueue",
    },
    "events": {"PutEvents"},
    "sns": {"Publish", "PublishBatch"},
    "sts": {"AssumeRole", "AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"},
    "logs": {"PutLogEvents"},
    "monitoring": {"PutMetricData"},
}  # fmt: skip


def changes_configuration(
    service: str, method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
) -> bool:
    """Return whether a request can change documents of its service."""
    operation = _operation(path, headers, body, query)
    if operation in ("SendMessage", "SendMessageBatch"):
        # A message of a FIFO queue changes the queue's record of sequence numbers and duplicates.
        return b"MessageGroupId" in body
    if operation is None:
        return method not in ("GET", "HEAD") and not (service == "lambda" and "/invocations" in path)
    return not operation.startswith(_READS) and operation not in _DATA_OPERATIONS.get(service, ())


def _operation(path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> str | None:
    """Return the name of an operation of a JSON or query protocol; None for a REST protocol."""
    target = headers.get("x-amz-target")
    if target:
        return target.rpartition(".")[2]
    if path.startswith("/service/"):
        return path.rpartition("/operation/")[2]
    actions = query.get("Action") or parse_qs(body[:4096].decode("latin-1")).get("Action")
    return actions[0] if actions else None
