"""The cases table: one row per case, pk CASE#<case id>, sk CASE, status OPEN or RESOLVED."""

from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError
from tillflow.errors import StoreContention
from tillflow.store import Item, key, marshal, unmarshal
from tillflow.times import iso_utc

from cases import rules
from cases.models import Opening


class CasesStore:
    """Cases on one DynamoDB table. `client` is a low-level DynamoDB client."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def open(self, opening: Opening) -> bool:
        """Open the case, or open it again with a new token; False when this opening is known or came late.

        `opened` counts the times: a case that was retried and came back is one case, opened twice.
        """
        told = opening.model_dump(exclude={"steps"}) | {"steps": list(opening.steps or (opening.step,))}
        names = {f"#{name}": name for name in told} | {"#status": "status"}
        values = {f":{name}": value for name, value in told.items()}
        told_now = ", ".join(f"#{name} = :{name}" for name in told)
        request = {
            **self._row(opening.case_id),
            "UpdateExpression": f"SET {told_now}, #status = :open, "
            "first_opened_at = if_not_exists(first_opened_at, :now), opened_at = :now "
            "ADD opened :one REMOVE decision, note, resolved_at",
            "ConditionExpression": "attribute_not_exists(pk) OR "
            "(#task_token <> :task_token AND (attribute_not_exists(#asked) OR #asked <= :asked))",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": marshal(
                {**values, ":open": "OPEN", ":now": iso_utc(datetime.now(UTC)), ":one": 1}
            ),
        }
        return self._update(request)

    def list(self, status: str | None = "OPEN") -> list[Item]:
        """Cases of a status, or all for None, the oldest first."""
        pages = self._client.get_paginator("scan").paginate(TableName=self._table, ConsistentRead=True)
        cases = [unmarshal(row) for page in pages for row in page["Items"]]
        return sorted(
            (case for case in cases if status in (None, case["status"])), key=lambda case: case["opened_at"]
        )

    def show(self, case_id: str) -> Item:
        """The case; {} when there is none."""
        answer = self._client.get_item(**self._row(case_id), ConsistentRead=True)
        return unmarshal(answer.get("Item"))

    def resolve(self, case_id: str, decision: str, note: str) -> str:
        """Mark the case decided and return its task token, for the caller to let the workflow go on.

        Deciding the same again returns the token again: the caller may have died before using it. Raises
        rules.CaseNotResolved, or StoreContention when the case was opened again meanwhile.
        """
        rules.check_decision(decision, note)
        case = self.show(case_id)
        rules.check_open(case, decision)
        if case["status"] == "RESOLVED":
            return str(case["task_token"])
        resolved = {":resolved": "RESOLVED", ":open": "OPEN", ":decision": decision, ":note": note}
        request = {
            **self._row(case_id),
            "UpdateExpression": "SET #status = :resolved, decision = :decision, note = :note, resolved_at = :now",
            "ConditionExpression": "#status = :open AND task_token = :token",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": marshal(
                {**resolved, ":now": iso_utc(datetime.now(UTC)), ":token": case["task_token"]}
            ),
        }
        if not self._update(request):
            raise StoreContention(f"resolving case {case_id}")
        return str(case["task_token"])

    def _row(self, case_id: str) -> dict[str, Any]:
        return {"TableName": self._table, "Key": key(f"CASE#{case_id}", "CASE")}

    def _update(self, request: dict[str, Any]) -> bool:
        try:
            self._client.update_item(**request)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return False
        return True
