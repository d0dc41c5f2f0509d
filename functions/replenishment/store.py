"""Policies, plans and approvals on the replenishment table.

POLICY#<location>#<sku>  POLICY                  how the SKU is kept there
RUN#<run id>             LINE#<location>#<sku>   what a run plans to order
RUN#<run id>             ORDER#<order id>        the order of one supplier, made of such lines
APPROVAL#<order id>      APPROVAL                who is asked for it, with the workflow's token, until withdrawn
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from tillflow.errors import InvalidRequest
from tillflow.store import Item, key, marshal, read_rows, unmarshal, write_rows
from tillflow.times import iso_utc

from replenishment import rules
from replenishment.models import AskApproval, Demand, Need, Policy, Source

DECISIONS = {"approve": "APPROVED", "refuse": "REFUSED"}


class ReplenishmentStore:
    """`client` is a low-level DynamoDB client. Every verb writes the same again when delivered again."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def put_policy(self, policy: Policy) -> None:
        """Keep a SKU like this from now on."""
        self._put(f"POLICY#{policy.location}#{policy.sku}", "POLICY", {"document": policy.model_dump_json()})

    def policy(self, location: str, sku: str) -> Policy | None:
        place = (f"POLICY#{location}#{sku}", "POLICY")
        row = read_rows(self._client, self._table, [place]).get(place)
        return Policy.model_validate_json(row["document"]) if row else None

    def policies(self) -> Iterator[Policy]:
        """Every policy. Reads the whole table: for people, not for workflows."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table,
            FilterExpression="sk = :policy",
            ExpressionAttributeValues=marshal({":policy": "POLICY"}),
        )
        rows = (unmarshal(row) for page in pages for row in page["Items"])
        return (Policy.model_validate_json(row["document"]) for row in rows)

    def plan(self, run_id: str, needs: Iterable[Need], demand: Iterable[Demand]) -> dict[str, Any]:
        """Plan a line for each need that has a policy: ``{planned, unplanned: [sku]}``."""
        needs = list(needs)
        sold = {(row.location, row.sku): row for row in demand}
        places = {(n.location, n.sku): (f"POLICY#{n.location}#{n.sku}", "POLICY") for n in needs}
        policies = read_rows(self._client, self._table, places.values())
        planned, unplanned = [], []
        for need in needs:
            row = policies.get(places[need.location, need.sku])
            if row is None:
                unplanned.append(need.sku)
                continue
            policy = Policy.model_validate_json(row["document"])
            line = rules.plan_line(need, policy, sold[need.location, need.sku])
            if line:
                place = {"pk": f"RUN#{run_id}", "sk": f"LINE#{need.location}#{need.sku}"}
                planned.append(place | _line_row(line))
        write_rows(self._client, self._table, planned)
        return {"planned": len(planned), "unplanned": unplanned}

    def group(self, run_id: str) -> list[str]:
        """Make the orders of a run's lines, one per supplier; their purchase order ids."""
        lines = [_line(row) for row in self._rows(f"RUN#{run_id}", "LINE#")]
        orders = rules.group_orders(run_id, lines)
        for order in orders:
            self._put(f"RUN#{run_id}", f"ORDER#{order['purchase_order_id']}", {"document": json.dumps(order)})
        return [order["purchase_order_id"] for order in orders]

    def order(self, run_id: str, purchase_order_id: str) -> dict[str, Any]:
        """A planned order. InvalidRequest when the run has none of that id."""
        place = (f"RUN#{run_id}", f"ORDER#{purchase_order_id}")
        row = read_rows(self._client, self._table, [place]).get(place)
        if row is None:
            raise InvalidRequest("purchase_order_id", purchase_order_id, f"an order of run {run_id}")
        return dict(json.loads(row["document"]))

    def orders(self, run_id: str) -> list[dict[str, Any]]:
        """Every order a run planned."""
        return [json.loads(row["document"]) for row in self._rows(f"RUN#{run_id}", "ORDER#")]

    def ask(self, request: AskApproval, total: int) -> None:
        """Record that an order waits for a decision, unless it was asked for later or is withdrawn."""
        row = {
            "pk": f"APPROVAL#{request.purchase_order_id}",
            "sk": "APPROVAL",
            "purchase_order_id": request.purchase_order_id,
            "run_id": request.run_id,
            "asked": request.asked,
            "attempt": request.attempt,
            "status": "WAITING",
            "total": total,
            "task_token": request.task_token,
            "asked_at": iso_utc(datetime.now(UTC)),
        }
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.put_item(
                TableName=self._table,
                Item=marshal(row),
                ConditionExpression="attribute_not_exists(pk) OR "
                "(attribute_not_exists(withdrawn) AND attempt < :attempt)",
                ExpressionAttributeValues=marshal({":attempt": request.attempt}),
            )

    def approvals(self) -> list[Item]:
        """What waits for a decision, the oldest first."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table,
            FilterExpression="sk = :approval AND #status = :waiting AND attribute_not_exists(withdrawn)",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues=marshal({":approval": "APPROVAL", ":waiting": "WAITING"}),
        )
        rows = [unmarshal(row) for page in pages for row in page["Items"]]
        return sorted(rows, key=lambda row: row["asked_at"])

    def approval(self, purchase_order_id: str) -> Item:
        place = (f"APPROVAL#{purchase_order_id}", "APPROVAL")
        return read_rows(self._client, self._table, [place]).get(place, {})

    def decide(self, purchase_order_id: str, decision: str, note: str) -> str:
        """Record a decision, "approve" or "refuse"; the token of the workflow that waits for it.

        Deciding the same again is harmless. InvalidRequest when nothing waits, or it was decided otherwise.
        """
        row = self.approval(purchase_order_id)
        status = DECISIONS[decision]
        found = row.get("status", "unknown")
        if found == "WAITING" and row.get("withdrawn"):
            found = "WITHDRAWN"
        if found not in ("WAITING", status):
            raise InvalidRequest("purchase_order_id", purchase_order_id, f"one that waits; this is {found}")
        values = {":status": status, ":note": note, ":token": row["task_token"], ":waiting": "WAITING"}
        try:
            self._client.update_item(
                TableName=self._table,
                Key=key(row["pk"], row["sk"]),
                UpdateExpression="SET #status = :status, note = :note",
                ConditionExpression="task_token = :token AND #status IN (:waiting, :status)",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues=marshal(values),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            expected = "one that nobody else decides, or asks for anew, at the same moment; look again"
            raise InvalidRequest("purchase_order_id", purchase_order_id, expected) from None
        return str(row["task_token"])

    def _rows(self, pk: str, prefix: str) -> Iterator[Item]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues=marshal({":pk": pk, ":prefix": prefix}),
            ConsistentRead=True,
        )
        return (unmarshal(row) for page in pages for row in page["Items"])

    def _put(self, pk: str, sk: str, attributes: Item) -> None:
        self._client.put_item(TableName=self._table, Item=marshal({"pk": pk, "sk": sk, **attributes}))


def _line_row(line: rules.PlannedLine) -> Item:
    return {
        "quantity": line.quantity,
        "reorder_point": line.reorder_point,
        "need": line.need.model_dump_json(),
        "sources": json.dumps([source.model_dump(mode="json") for source in line.sources]),
    }


def _line(row: Item) -> rules.PlannedLine:
    sources = tuple(Source.model_validate(source) for source in json.loads(row["sources"]))
    need = Need.model_validate_json(row["need"])
    return rules.PlannedLine(need, row["quantity"], sources, row["reorder_point"])
