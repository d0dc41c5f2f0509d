"""Requests without an id of their own, done once for each `Idempotency-Key`.

A row of the service's table has the request, and its response once there is one, for a day:

REQUEST#<digest of caller and key>  KEY  request, response, begun_at, expires_at
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from pydantic import BaseModel

from tillflow.api.routing import Call, Reply
from tillflow.errors import IdempotencyConflict, StoreContention
from tillflow.store import Action, AlreadyApplied, key, marshal, put_row, write
from tillflow.times import utc_now

KEPT = timedelta(days=1)
LONGEST_REQUEST = timedelta(minutes=1)
"""No function of the API runs that long: a request that began before has been interrupted."""
_FREE = (
    "attribute_not_exists(pk) OR expires_at <= :now "
    "OR (attribute_not_exists(#response) AND begun_at <= :interrupted AND #request = :request)"
)
_NAMES = {"#request": "request", "#response": "response"}


class IdempotencyKeys:
    """The keys that clients have sent, in a service's own table. client: a DynamoDB client."""

    def __init__(self, client: Any, table: str, now: Callable[[], datetime] = utc_now) -> None:
        self._client = client
        self._table = table
        self._now = now

    def reply[Response: BaseModel](
        self, call: Call, response: type[Response], effect: Callable[[], Response]
    ) -> Reply:
        """Return the reply to a request: that of `effect`, or of the first request with its key.

        An effect that was interrupted is called again. IdempotencyConflict for another request under the key,
        StoreContention while the first one runs.
        """
        if call.idempotency_key is None:
            return Reply(effect())
        place = f"REQUEST#{_digest(call.caller.username, call.caller.principal, call.idempotency_key)}", "KEY"
        body = call.body.model_dump(mode="json") if call.body is not None else {}
        stored = self._claim(place, {"route": call.key, **call.path, **body})
        if stored is not None:
            return Reply(response.model_validate_json(stored), headers={"idempotent-replayed": "true"})
        try:
            replied = effect()
        except Exception:
            self._update(place, "SET begun_at = :begun_at", {":begun_at": 0})
            raise
        self._update(place, "SET #response = :response", {":response": replied.model_dump_json()})
        return Reply(replied)

    def _claim(self, place: tuple[str, str], request: dict[str, Any]) -> str | None:
        """Write that the request has begun; return the response of an earlier one."""
        now, text = self._now(), json.dumps(request, sort_keys=True)
        row = {
            "pk": place[0],
            "sk": place[1],
            "request": text,
            "begun_at": _seconds(now),
            "expires_at": _seconds(now + KEPT),
        }
        values = {":now": _seconds(now), ":interrupted": _seconds(now - LONGEST_REQUEST), ":request": text}
        condition = {
            "ConditionExpression": _FREE,
            "ExpressionAttributeNames": _NAMES,
            "ExpressionAttributeValues": marshal(values),
        }
        subject = f"the request of Idempotency-Key {place[0].removeprefix('REQUEST#')[:8]}"
        try:
            write(self._client, put_row(self._table, row, AlreadyApplied, **condition), subject)
        except AlreadyApplied as applied:
            stored = applied.result
        else:
            return None
        if stored["request"] != text:
            raise IdempotencyConflict(
                "the request of this Idempotency-Key", json.loads(stored["request"]), request
            )
        if "response" not in stored:
            raise StoreContention("the request of this Idempotency-Key is being done")
        return str(stored["response"])

    def _update(self, place: tuple[str, str], expression: str, values: dict[str, Any]) -> None:
        names = {name: of for name, of in _NAMES.items() if name in expression}
        request = {
            "TableName": self._table,
            "Key": key(*place),
            "UpdateExpression": expression,
            "ExpressionAttributeValues": marshal(values),
            **({"ExpressionAttributeNames": names} if names else {}),
        }
        write(self._client, Action("Update", request), "keeping the response of an Idempotency-Key")


def _digest(*texts: str) -> str:
    return sha256(json.dumps(texts).encode()).hexdigest()


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
