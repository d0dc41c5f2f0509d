"""Requests with an Idempotency-Key: each is done once, and its response is returned again."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel
from tillflow.api import Api, Call, Reply
from tillflow.api.idempotency import KEPT, LONGEST_REQUEST, IdempotencyKeys
from tillflow.errors import DomainError

from tests.support.tables import create_table

CONTEXT = SimpleNamespace(aws_request_id="request-1")
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


class Move(BaseModel):
    limit: int = 10


class Moved(BaseModel):
    number: int


class QueueEmpty(DomainError):
    status = 409
    cashier_message = "Nothing to move."


class Shop:
    """An API with one route that moves messages; `now` is its clock."""

    def __init__(self, dynamodb: Any) -> None:
        self.now = NOON
        self.moves = 0
        self.failure: Exception | None = None
        self.api = Api("cases")
        keys = IdempotencyKeys(dynamodb, create_table(dynamodb, "CasesTable"), lambda: self.now)

        @self.api.route("POST /queues/{queue}/redrive", "operate", body=Move, response=Moved, keyed=True)
        def redrive(call: Call) -> Reply:
            """Move messages."""
            return keys.reply(call, Moved, self._move)

    def _move(self) -> Moved:
        if self.failure:
            raise self.failure
        self.moves += 1
        return Moved(number=self.moves)

    def post(
        self, key: str | None = "key-1", limit: int = 10, queue: str = "a", user: str = "olga"
    ) -> tuple[int, Any, str | None]:
        """Return status, body and Idempotent-Replayed of a request."""
        event = {
            "routeKey": "POST /api/queues/{queue}/redrive",
            "pathParameters": {"queue": queue},
            "headers": {"idempotency-key": key} if key is not None else {},
            "body": json.dumps({"limit": limit}),
            "requestContext": {"authorizer": {"jwt": {"claims": {"username": user}}}},
        }
        response = self.api.handle(event, CONTEXT)
        replayed = response["headers"].get("idempotent-replayed")
        return response["statusCode"], json.loads(response["body"]), replayed


@pytest.fixture
def shop(dynamodb: Any) -> Shop:
    return Shop(dynamodb)


def test_same_key_returns_the_first_response(shop: Shop) -> None:
    assert shop.post() == (200, {"number": 1}, None)
    assert shop.post() == (200, {"number": 1}, "true")
    assert shop.moves == 1


def test_each_request_without_a_key_is_done(shop: Shop) -> None:
    assert [shop.post(None)[1]["number"] for _ in range(2)] == [1, 2]


@pytest.mark.parametrize("change", [{"key": "key-2"}, {"user": "otto"}], ids=["key", "user"])
def test_another_key_or_user_is_another_request(shop: Shop, change: dict[str, str]) -> None:
    shop.post()
    assert shop.post(**change) == (200, {"number": 2}, None)  # type: ignore[arg-type]


@pytest.mark.parametrize("change", [{"limit": 9}, {"queue": "b"}], ids=["body", "path"])
def test_same_key_with_other_content_is_a_conflict(shop: Shop, change: dict[str, Any]) -> None:
    shop.post()
    status, problem, _ = shop.post(**change)
    assert (status, problem["title"]) == (409, "IdempotencyConflict")
    assert [one["field"] for one in problem["problems"]] == list(change)
    assert shop.moves == 1


@pytest.mark.parametrize("key", ["", "a b", "é", "x" * 256, "a\n"])
def test_key_that_is_not_visible_characters_is_refused(shop: Shop, key: str) -> None:
    status, problem, _ = shop.post(key)
    assert (status, problem["problems"][0]["field"]) == (400, "Idempotency-Key")
    assert shop.moves == 0


def test_request_that_failed_is_done_again_under_its_key(shop: Shop) -> None:
    shop.failure = QueueEmpty("nothing to move")
    assert shop.post()[0] == 409
    shop.failure = None
    assert shop.post() == (200, {"number": 1}, None)


def test_second_request_waits_while_the_first_one_runs(shop: Shop) -> None:
    responses: list[tuple[int, Any, str | None]] = []
    move = shop._move

    def move_and_repeat() -> Moved:
        if not responses:
            responses.append(shop.post())
        return move()

    shop._move = move_and_repeat  # type: ignore[method-assign]
    assert shop.post()[0] == 200
    assert (responses[0][0], responses[0][1]["title"]) == (503, "StoreContention")


class Interrupted(BaseException):
    """The function is stopped: nothing of it runs any more."""


def test_request_that_was_interrupted_is_done_again_once_it_cannot_run_any_more(shop: Shop) -> None:
    shop.failure = Interrupted()  # type: ignore[assignment]
    with pytest.raises(Interrupted):
        shop.post()
    shop.failure = None
    shop.now += LONGEST_REQUEST - timedelta(seconds=1)
    assert shop.post()[0] == 503
    assert shop.post(limit=9)[0] == 409
    shop.now += timedelta(seconds=1)
    assert shop.post() == (200, {"number": 1}, None)


def test_key_is_free_after_a_day(shop: Shop) -> None:
    shop.post()
    shop.now += KEPT - timedelta(seconds=1)
    assert shop.post()[2] == "true"
    shop.now += timedelta(seconds=1)
    assert shop.post(limit=9) == (200, {"number": 2}, None)
