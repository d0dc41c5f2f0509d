"""Policies, plans and approvals on the replenishment table.

POLICY#<location>#<sku>  POLICY                  the reorder policy of a SKU at a location
RUN#<run id>             LINE#<location>#<sku>   a line that a run planned
RUN#<run id>             ORDER#<order id>        the order of one supplier, made of such lines
RUN#<run id>             NUMBERS#<n>             the ids of the run's orders from number n * 100 on
APPROVAL#<order id>      APPROVAL                the request for approval with the workflow's task token

The index `approvals` lists the requests for approval of a status by the time at which they were made.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, cast

from tillflow.listing import Index, Page
from tillflow.money import Money
from tillflow.store import Item, chunks, key, marshal, query_rows, read_rows, unmarshal, write_rows
from tillflow.times import iso_utc, utc_now
from tillflow.versions import version_of, write_version

from replenishment import rules
from replenishment.errors import ApprovalChanged, ApprovalNotPending, UnknownPlannedOrder, UnknownPolicy
from replenishment.models import (
    Approval,
    AskApproval,
    Demand,
    Need,
    PlannedLines,
    PlannedOrder,
    Policy,
    Source,
)

NUMBERS_PER_ROW = 100
DECISIONS = {"approve": "APPROVED", "refuse": "REFUSED"}


def policy_key(location: str, sku: str) -> tuple[str, str]:
    """Return pk and sk of a policy."""
    return f"POLICY#{location}#{sku}", "POLICY"


class ReplenishmentStore:
    """`client` is a low-level DynamoDB client. Every method writes the same when it is delivered again."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def put_policy(self, policy: Policy, version: int | None = None) -> int:
        """Write a policy, replacing that of the same SKU and location; return its version.

        RecordChanged if it is not at `version`; None for any.
        """
        place = policy_key(policy.location, policy.sku)
        subject = f"the reorder policy of {policy.sku} at {policy.location}"
        fields = {"document": policy.model_dump_json()}
        return write_version(self._client, self._table, place, fields, version, subject)

    def policy(self, location: str, sku: str) -> tuple[Policy, int]:
        """Return a policy and its version; UnknownPolicy."""
        place = policy_key(location, sku)
        row = read_rows(self._client, self._table, [place]).get(place)
        if not row:
            raise UnknownPolicy(location, sku)
        return Policy.model_validate_json(row["document"]), version_of(row)

    def list_policies(self, limit: int, after: str) -> Page[Policy]:
        """Return a page of the policies, in no order. Scans the table: not for workflows."""
        rows: list[Item] = []
        request: dict[str, Any] = {
            "TableName": self._table,
            "FilterExpression": "sk = :policy",
            "ExpressionAttributeValues": marshal({":policy": "POLICY"}),
        }
        start = key(after, "POLICY") if after else None
        while len(rows) <= limit:
            page = self._client.scan(**request, **({"ExclusiveStartKey": start} if start else {}))
            rows += map(unmarshal, page["Items"])
            start = page.get("LastEvaluatedKey")
            if start is None:
                break
        policies = [Policy.model_validate_json(row["document"]) for row in rows[:limit]]
        return Page(policies, str(rows[limit - 1]["pk"]) if len(rows) > limit else None)

    def plan(self, run_id: str, needs: Iterable[Need], demand: Iterable[Demand]) -> PlannedLines:
        """Plan a line for each need that has a policy."""
        needs = list(needs)
        sales = {(row.location, row.sku): row for row in demand}
        keys = {(n.location, n.sku): (f"POLICY#{n.location}#{n.sku}", "POLICY") for n in needs}
        policies = read_rows(self._client, self._table, keys.values())
        planned, unplanned = [], []
        for need in needs:
            row = policies.get(keys[need.location, need.sku])
            if row is None:
                unplanned.append(need.sku)
                continue
            policy = Policy.model_validate_json(row["document"])
            line = rules.plan_line(need, policy, sales[need.location, need.sku])
            if line:
                line_key = {"pk": f"RUN#{run_id}", "sk": f"LINE#{need.location}#{need.sku}"}
                planned.append(line_key | _line_row(line))
        write_rows(self._client, self._table, planned)
        return {"planned": len(planned), "unplanned": unplanned}

    def group(self, run_id: str) -> int:
        """Make the orders of a run's lines, one per supplier; return how many there are."""
        run = f"RUN#{run_id}"
        orders = rules.group_orders(run_id, [_line(row) for row in self._rows(run, "LINE#")])
        numbers = chunks([order["purchase_order_id"] for order in orders], NUMBERS_PER_ROW)
        rows: list[Item] = [
            {"pk": run, "sk": f"ORDER#{order['purchase_order_id']}", "document": json.dumps(order)}
            for order in orders
        ]
        rows += [
            {"pk": run, "sk": f"NUMBERS#{number}", "orders": list(ids)} for number, ids in enumerate(numbers)
        ]
        write_rows(self._client, self._table, rows)
        return len(orders)

    def order(self, run_id: str, number: int) -> PlannedOrder:
        """Return the planned order of this number; UnknownPlannedOrder."""
        part, position = divmod(number, NUMBERS_PER_ROW)
        ids = self._row(f"RUN#{run_id}", f"NUMBERS#{part}").get("orders", [])
        row = self._row(f"RUN#{run_id}", f"ORDER#{ids[position]}") if position < len(ids) else {}
        if not row:
            raise UnknownPlannedOrder(run_id, number)
        return _order(row)

    def orders(self, run_id: str) -> list[PlannedOrder]:
        """Return every order that a run planned."""
        return [_order(row) for row in self._rows(f"RUN#{run_id}", "ORDER#")]

    def request_approval(self, request: AskApproval) -> None:
        """Record a request for approval, unless a later one is stored or it is withdrawn."""
        row = {
            "pk": f"APPROVAL#{request.purchase_order_id}",
            "sk": "APPROVAL",
            "purchase_order_id": request.purchase_order_id,
            "run_id": request.run_id,
            "asked": request.asked,
            "attempt": request.attempt,
            "status": "WAITING",
            "total": request.total,
            "currency": request.currency,
            "task_token": request.task_token,
            "asked_at": iso_utc(utc_now()),
        }
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.put_item(
                TableName=self._table,
                Item=marshal(row),
                ConditionExpression="attribute_not_exists(pk) OR "
                "(attribute_not_exists(withdrawn) AND attempt < :attempt)",
                ExpressionAttributeValues=marshal({":attempt": request.attempt}),
            )

    def pending_approvals(self, limit: int = 50, after: str = "") -> Page[Approval]:
        """Return a page of the approvals that wait for a decision, the oldest first."""
        index = Index(self._client, self._table, "approvals", "status", "asked_at")
        page = index.rows("WAITING", limit, after)
        # A withdrawn approval keeps its status, and the index is a moment behind the table.
        waiting = [row for row in page.rows if _status(row) == "WAITING"]
        return Page([Approval.model_validate(row) for row in waiting], page.after)

    def decide(
        self,
        purchase_order_id: str,
        decision: str,
        note: str,
        decided_by: str = "",
        total: int | None = None,
    ) -> str:
        """Record a decision, "approve" or "refuse"; return the task token of the workflow that waits for it.

        The same decision may be repeated; the first one's note and person stay. ApprovalNotPending if nothing waits or
        it was decided otherwise; ApprovalChanged if the order costs something else than `total`.
        """
        row = self._approval(purchase_order_id)
        status = DECISIONS[decision]
        if row and total not in (None, row["total"]):
            amounts = (str(Money(amount, row["currency"])) for amount in (row["total"], total))
            raise ApprovalChanged(purchase_order_id, *amounts)
        if _status(row) not in ("WAITING", status):
            raise ApprovalNotPending(purchase_order_id, _status(row))
        if _status(row) == status:
            return str(row["task_token"])
        values = {
            ":status": status,
            ":note": note,
            ":by": decided_by,
            ":token": row["task_token"],
            ":waiting": "WAITING",
        }
        try:
            self._client.update_item(
                TableName=self._table,
                Key=key(row["pk"], row["sk"]),
                UpdateExpression="SET #status = :status, note = :note, decided_by = :by",
                ConditionExpression="task_token = :token AND #status = :waiting",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues=marshal(values),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            raise ApprovalNotPending(
                purchase_order_id, "changed meanwhile; list the approvals again"
            ) from None
        return str(row["task_token"])

    def _approval(self, purchase_order_id: str) -> Item:
        return self._row(f"APPROVAL#{purchase_order_id}", "APPROVAL")

    def _row(self, pk: str, sk: str) -> Item:
        return read_rows(self._client, self._table, [(pk, sk)]).get((pk, sk), {})

    def _rows(self, pk: str, prefix: str) -> Iterator[Item]:
        return query_rows(self._client, self._table, pk, prefix)

    def _put(self, pk: str, sk: str, attributes: Item) -> None:
        self._client.put_item(TableName=self._table, Item=marshal({"pk": pk, "sk": sk, **attributes}))


def _status(approval: Item) -> str:
    status = str(approval.get("status", "NONE"))
    return "WITHDRAWN" if status == "WAITING" and approval.get("withdrawn") else status


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


def _order(row: Item) -> PlannedOrder:
    return cast(PlannedOrder, json.loads(row["document"]))
