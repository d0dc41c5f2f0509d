"""The cases table: one row per case, pk CASE#<case id>, sk CASE, status OPEN or RESOLVED.

The index `status` lists the cases of a status by the time at which they were opened.
"""

from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError
from tillflow.listing import Index, Page
from tillflow.store import AlreadyApplied, Item, key, marshal, put_new, read_row, write
from tillflow.times import iso_utc, utc_now

from cases import rules
from cases.errors import CaseReopened, UnknownCase
from cases.models import Case, CaseStatus, Opening


class CasesStore:
    """Cases on one DynamoDB table. `client` is a low-level DynamoDB client."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def open(self, opening: Opening) -> bool:
        """Open the case, or open it again with a new token; return False if the opening is stored or outdated.

        `opened` counts the times: a step that was retried and failed again is one case, opened twice.
        """
        fields = opening.model_dump() | {"steps": list(opening.steps or (opening.step,))}
        names = {f"#{name}": name for name in fields} | {"#status": "status"}
        values = {f":{name}": value for name, value in fields.items()}
        assignments = ", ".join(f"#{name} = :{name}" for name in fields)
        request = {
            **self._row(opening.case_id),
            "UpdateExpression": f"SET {assignments}, #status = :open, "
            "first_opened_at = if_not_exists(first_opened_at, :now), opened_at = :now "
            "ADD opened :one REMOVE decision, note, resolved_at, resolved_by",
            "ConditionExpression": "attribute_not_exists(pk) OR "
            "(#task_token <> :task_token AND (attribute_not_exists(#asked) OR #asked <= :asked))",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": marshal(
                {**values, ":open": "OPEN", ":now": iso_utc(utc_now()), ":one": 1}
            ),
        }
        return self._update(request)

    def record(self, opening: Opening, decision: str, note: str, resolved_by: str) -> None:
        """Write a case that is resolved as it is opened. InvalidDecision; the first record of an id stays."""
        rules.check_decision(decision, note)
        now = iso_utc(utc_now())
        row = opening.model_dump() | {
            "pk": f"CASE#{opening.case_id}",
            "sk": "CASE",
            "steps": list(opening.steps or (opening.step,)),
            "status": "RESOLVED",
            "opened": 1,
            "first_opened_at": now,
            "opened_at": now,
            "decision": decision,
            "note": note,
            "resolved_at": now,
            "resolved_by": resolved_by,
        }
        with suppress(AlreadyApplied):
            write(
                self._client,
                put_new(self._table, row, AlreadyApplied),
                f"recording case {opening.case_id}",
            )

    def list_cases(self, status: CaseStatus, limit: int, after: str) -> Page[Case]:
        """Return a page of the cases of a status: the oldest open one first, or the newest resolved one."""
        index = Index(self._client, self._table, "status", "status", "opened_at")
        # The index is a moment behind the table: a case that has just been resolved is still in it as open.
        page = index.rows(status, limit, after, newest_first=status == "RESOLVED", where={"status": status})
        return page.convert(lambda rows: map(Case.model_validate, rows))

    def find(self, case_id: str) -> Case | None:
        """Return the case, None if it was never opened."""
        row = self._read(case_id)
        return Case.model_validate(row) if row else None

    def get(self, case_id: str) -> Case:
        """Return the case; UnknownCase."""
        case = self.find(case_id)
        if case is None:
            raise UnknownCase(case_id)
        return case

    def resolve(self, case_id: str, decision: str, note: str, resolved_by: str = "") -> str:
        """Mark the case as resolved and return its task token, to complete the workflow's wait.

        A repeated decision returns the token again. InvalidDecision, UnknownCase, CaseAlreadyResolved, or
        CaseReopened if the workflow opened the case again meanwhile.
        """
        rules.check_decision(decision, note)
        case = self._read(case_id)
        rules.check_resolvable(case_id, case, decision, note)
        if case["status"] == "RESOLVED":
            return str(case["task_token"])
        values = {
            ":resolved": "RESOLVED",
            ":open": "OPEN",
            ":decision": decision,
            ":note": note,
            ":by": resolved_by,
        }
        request = {
            **self._row(case_id),
            "UpdateExpression": "SET #status = :resolved, decision = :decision, note = :note, "
            "resolved_at = :now, resolved_by = :by",
            "ConditionExpression": "#status = :open AND task_token = :token",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": marshal(
                {**values, ":now": iso_utc(utc_now()), ":token": case["task_token"]}
            ),
        }
        if not self._update(request):
            raise CaseReopened(case_id)
        return str(case["task_token"])

    def _read(self, case_id: str) -> Item:
        return read_row(self._client, self._table, f"CASE#{case_id}", "CASE")

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
