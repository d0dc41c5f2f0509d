"""What every handler has in common: log lines, the check of the event, and errors."""

import io
import json
import traceback
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    IncompleteReadError,
    ReadTimeoutError,
)
from tillflow.errors import InvalidRequest, PaymentDeclined, StoreUnavailable
from tillflow.handling import handler, logger

CONTEXT = SimpleNamespace(aws_request_id="request-1")


@handler
def greet(event: dict[str, Any], context: object) -> dict[str, Any]:
    logger.info("inside")
    return {"seen": event}


@handler
def decline(event: dict[str, Any], context: object) -> dict[str, Any]:
    raise PaymentDeclined("insufficient_funds")


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Return the lines logged so far."""
    written = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", written)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]


type Lines = Callable[[], list[dict[str, Any]]]


@pytest.mark.parametrize(
    "event", [{"order_id": "ord-1"}, {"order": {"order_id": "ord-1"}}, {"business_id": "ord-1"}]
)
def test_log_lines_have_the_order_and_its_execution(event: dict[str, Any], lines: Lines) -> None:
    assert greet(event, CONTEXT) == {"seen": event}
    assert [line["message"] for line in lines()] == ["inside", "done"]
    assert {line["order_id"] for line in lines()} == {"ord-1"}
    assert {line["execution"] for line in lines()} == {"ord-1"}


def test_log_context_is_cleared_between_invocations(lines: Lines) -> None:
    greet({"order_id": "ord-1", "execution": "arn:1"}, CONTEXT)
    greet({}, CONTEXT)
    assert "order_id" in lines()[0]
    assert "order_id" not in lines()[-1]


def test_domain_error_keeps_its_name_without_a_stack_trace(lines: Lines) -> None:
    with pytest.raises(PaymentDeclined) as refusal:
        decline({"order_id": "ord-1"}, CONTEXT)
    assert "decline" not in [frame.name for frame in traceback.extract_tb(refusal.tb)]
    (line,) = lines()
    assert line["level"] == "WARNING"
    assert line["error"] == "PaymentDeclined"
    assert line["order_id"] == "ord-1"


def aws_error(code: str, status: int) -> ClientError:
    response = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "UpdateItem")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "failure",
    [
        aws_error("InternalServerError", 500),
        aws_error("ServiceUnavailable", 503),
        aws_error("ThrottlingException", 400),
        aws_error("ProvisionedThroughputExceededException", 400),
        aws_error("RequestLimitExceeded", 400),
        aws_error("TooManyRequestsException", 429),
        aws_error("TransactionConflictException", 400),
        aws_error("SlowDown", 503),
        aws_error("InternalError", 200),
        ReadTimeoutError(endpoint_url="x"),
        ConnectTimeoutError(endpoint_url="x"),
        EndpointConnectionError(endpoint_url="x"),
        ConnectionClosedError(endpoint_url="x"),
        IncompleteReadError(actual_bytes=1, expected_bytes=2),
    ],
    ids=str,
)
def test_an_aws_error_that_can_pass_is_raised_as_the_retried_error(failure: Exception, lines: Lines) -> None:
    @handler
    def write(event: dict[str, Any], context: object) -> dict[str, Any]:
        raise failure

    with pytest.raises(StoreUnavailable, match=type(failure).__name__):
        write({}, CONTEXT)


def test_client_error_of_a_request_keeps_its_name(lines: Lines) -> None:
    @handler
    def write(event: dict[str, Any], context: object) -> dict[str, Any]:
        raise aws_error("AccessDeniedException", 400)

    with pytest.raises(ClientError, match="AccessDenied"):
        write({}, CONTEXT)


@pytest.mark.parametrize("event", [None, [], "text", 7, 1.5, True])
def test_event_that_is_not_an_object_is_refused_by_name(event: Any, lines: Lines) -> None:
    with pytest.raises(InvalidRequest, match=r"event is .*; expected an object"):
        greet(event, CONTEXT)


@pytest.mark.parametrize("order_id", [{"a": 1}, 7, None, ["x"]])
def test_id_that_is_not_text_is_not_logged(order_id: Any, lines: Lines) -> None:
    greet({"order_id": order_id}, CONTEXT)
    assert {line.get("order_id") for line in lines()} == {None}


def test_long_id_is_logged_shortened(lines: Lines) -> None:
    greet({"order_id": "x" * 1_000_000}, CONTEXT)
    assert {len(line["order_id"]) for line in lines()} == {256}
