"""Reservations as release 0.1.0 stored them: a row for each line, next to a marker without lines."""

import json
from typing import Any

from tillflow.store import marshal, query_rows


def rewrite_as_released(dynamodb: Any, table: str, pk: str) -> None:
    """Replace the chunks of a document by the rows that release 0.1.0 wrote for the same lines."""
    chunks = list(query_rows(dynamodb, table, pk, "STEP#reserve#"))
    lines = {sku: quantity for chunk in chunks for sku, quantity in chunk["quantities"].items()}
    for number, chunk in enumerate(chunks):
        marker = {"pk": pk, "sk": chunk["sk"], "result": "null"}
        if number == 0:
            request = {"location": chunk["location"], "lines": lines}
            request |= {"currency": chunk["currency"]} if "currency" in chunk else {}
            marker["request"] = json.dumps(request)
        dynamodb.put_item(TableName=table, Item=marshal(marker))
        for sku, quantity in chunk["quantities"].items():
            row = {
                "pk": pk,
                "sk": f"RESERVATION#{chunk['location']}#{sku}",
                "business_id": pk.partition("#")[2],
                "location": chunk["location"],
                "sku": sku,
                "quantity": quantity,
                "state": chunk["state"],
                "reserved_at": chunk["reserved_at"],
            }
            if sku in chunk.get("costs", {}):
                row["cost"] = chunk["costs"][sku]
            dynamodb.put_item(TableName=table, Item=marshal(row))
