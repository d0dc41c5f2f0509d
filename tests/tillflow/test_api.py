"""The edge of the HTTP API: any request gets a response, every failure is a problem document."""

import base64
import json
from types import SimpleNamespace
from typing import Annotated, Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field
from tillflow.api import Api, Call, Reply
from tillflow.api.cursors import decode_cursor, encode_cursor
from tillflow.api.problems import Problem, ProblemError, problem_of_refusal, status_of
from tillflow.errors import (
    DomainError,
    IdempotencyConflict,
    InvalidRequest,
    OrderClosed,
    StoreUnavailable,
)

CONTEXT = SimpleNamespace(aws_request_id="request-1")


class Line(BaseModel):
    sku: str
    quantity: Annotated[int, Field(gt=0, strict=True)]


class Sale(BaseModel):
    sale_id: str
    lines: list[Line] = []


class Page(BaseModel):
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class UnknownSale(DomainError):
    cashier_message = "No such sale."


class BrokenRule(DomainError):
    cashier_message = "Not allowed."


def shop() -> tuple[Api, list[Call]]:
    api, calls = Api("sales"), []

    @api.route("POST /sales", "sell", body=Sale, response=Sale, statuses=(201,))
    def sell(call: Call) -> Sale:
        """Sell."""
        calls.append(call)
        return call.body

    @api.route("POST /sales/repeat", "sell", body=Sale, query=Page, response=Sale, keyed=True)
    def repeat(call: Call) -> Sale:
        """Repeat a sale."""
        calls.append(call)
        return call.body

    @api.route("PUT /sales", "sell", body=Sale, query=Page, response=Sale, versioned=True)
    def change(call: Call) -> Sale:
        """Change a sale."""
        calls.append(call)
        return call.body

    @api.route("GET /sales", "read", query=Page, response=list[Sale])
    def list_sales(call: Call) -> list[Sale]:
        """List sales."""
        calls.append(call)
        return []

    @api.route("GET /sales/{sale_id}", "read", response=Sale)
    def get_sale(call: Call) -> Reply:
        """Return a sale."""
        calls.append(call)
        match call.path["sale_id"]:
            case "none":
                raise UnknownSale("sale none does not exist")
            case "broken":
                raise BrokenRule("no")
            case "busy":
                raise StoreUnavailable("throttled")
            case "throttled":
                raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow"}}, "GetItem")
            case "bug":
                raise KeyError("secret detail")
            case "declined":
                raise ProblemError(Problem(402, "PaymentDeclined", "declined", "Declined."))
        return Reply(Sale(sale_id="1"), version=3)

    return api, calls


def request(key: str, body: Any = None, **more: Any) -> dict[str, Any]:
    return {"routeKey": key, "body": None if body is None else json.dumps(body), **more}


def call_api(api: Api, event: Any) -> tuple[int, Any]:
    response = api.handle(event, CONTEXT)
    return response["statusCode"], json.loads(response["body"]) if response["body"] else None


def test_body_is_validated_and_the_result_serialised() -> None:
    api, calls = shop()
    sale = {"sale_id": "1", "lines": [{"sku": "A", "quantity": 2}]}
    assert call_api(api, request("POST /api/sales", sale)) == (201, sale)
    assert calls[0].body.lines[0].quantity == 2


def test_every_wrong_field_is_named_with_its_value_and_what_is_accepted() -> None:
    api, calls = shop()
    status, problem = call_api(
        api, request("POST /api/sales", {"lines": [{"sku": "A", "quantity": 0, "x": 1}], "y": 2})
    )
    assert status == 400
    assert {(one["field"], one["value"]) for one in problem["problems"]} == {
        ("sale_id", None),
        ("lines[0].quantity", 0),
        ("lines[0].x", 1),
        ("y", 2),
    }
    assert calls == []


def test_problems_of_query_body_and_key_are_named_together() -> None:
    api, calls = shop()
    sent = {"queryStringParameters": {"limit": "0"}, "headers": {"Idempotency-Key": "a b"}}
    status, problem = call_api(api, request("POST /api/sales/repeat", {"lines": []}, **sent))
    assert status == 400
    assert [one["field"] for one in problem["problems"]] == ["limit", "sale_id", "Idempotency-Key"]
    assert calls == []


@pytest.mark.parametrize(
    ("raw", "headers", "message"),
    [
        (b"", {}, "body is missing; expected a JSON object"),
        (b" \r\n", {}, "body is missing; expected a JSON object"),
        (b"{", {}, "body is '(not JSON)'; expected a JSON object"),
        (
            '{"sale_id": "caf\xe9"}'.encode("latin-1"),
            {},
            "body is '(not UTF-8, or with U+FFFD)'; expected JSON in UTF-8",
        ),
        (
            b'{"a": 1, "b": 1, "b": 2, "a": 2}',
            {},
            "a is '(given twice)'; expected one value of each name. b is",
        ),
        (
            b"{}",
            {"content-encoding": "gzip"},
            "Content-Encoding is 'gzip'; expected a body that is not compressed",
        ),
        (b"{}", {"content-encoding": "identity"}, "sale_id is missing"),
    ],
)
@pytest.mark.parametrize("is_base64", [True, False])
def test_body_that_cannot_be_read_is_refused_by_what_is_wrong(
    raw: bytes, headers: dict[str, str], message: str, is_base64: bool
) -> None:
    api, calls = shop()
    # The gateway has U+FFFD in the text of a body in place of what is not UTF-8.
    body = base64.b64encode(raw).decode() if is_base64 else raw.decode(errors="replace")
    event = {"routeKey": "POST /api/sales", "body": body, "isBase64Encoded": is_base64, "headers": headers}
    status, problem = call_api(api, event)
    assert (status, message in problem["detail"]) == (400, True), problem["detail"]
    assert calls == []


@pytest.mark.parametrize(
    ("prefer", "expected"),
    [
        ("respond-async", True),
        ("wait=10, Respond-Async; x=1", True),
        ("no-respond-async", False),
        ("wait=10; respond-async", False),
        ("", False),
    ],
)
def test_preference_for_an_asynchronous_response_is_a_token(prefer: str, expected: bool) -> None:
    api, calls = shop()
    call_api(api, request("GET /api/sales", headers={"Prefer": prefer}))
    assert calls[0].is_asynchronous is expected


@pytest.mark.parametrize(
    ("sale_id", "status", "title"),
    [
        ("none", 404, "UnknownSale"),
        ("broken", 422, "BrokenRule"),
        ("busy", 503, "StoreUnavailable"),
        ("throttled", 503, "StoreUnavailable"),
        ("declined", 402, "PaymentDeclined"),
    ],
)
def test_domain_error_is_a_problem_document(sale_id: str, status: int, title: str) -> None:
    api, _ = shop()
    response = api.handle(request("GET /api/sales/{sale_id}", pathParameters={"sale_id": sale_id}), CONTEXT)
    problem = json.loads(response["body"])
    assert (response["statusCode"], problem["title"], problem["status"]) == (status, title, status)
    assert response["headers"]["content-type"] == "application/problem+json"
    assert problem["correlation_id"] == response["headers"]["x-correlation-id"] == "request-1"
    assert ("retry-after" in response["headers"]) == (status == 503)


def test_fault_of_ours_is_a_500_without_details() -> None:
    api, _ = shop()
    event = request("GET /api/sales/{sale_id}", pathParameters={"sale_id": "bug"})
    status, problem = call_api(api, event)
    assert (status, problem["title"]) == (500, "InternalError")
    assert "secret" not in json.dumps(problem)


@pytest.mark.parametrize("code", ["AccessDeniedException", "AccessDenied", "AuthorizationError"])
def test_permission_that_the_service_lacks_is_a_named_500(code: str) -> None:
    api = Api("sales")

    @api.route("GET /sales", "read")
    def get(call: Call) -> None:
        message = "User: arn:aws:sts::1:role/secret is not authorized to perform: dynamodb:Query"
        raise ClientError({"Error": {"Code": code, "Message": message}}, "Query")

    status, problem = call_api(api, request("GET /api/sales"))
    assert (status, problem["title"]) == (500, "PermissionMissing")
    assert "secret" not in json.dumps(problem)


@pytest.mark.parametrize(
    ("error", "status"),
    [(InvalidRequest, 400), (IdempotencyConflict, 409), (OrderClosed, 409), (StoreUnavailable, 503)],
)
def test_status_follows_from_the_kind_of_error(error: type[DomainError], status: int) -> None:
    assert status_of(error) == status


def test_body_over_the_limit_is_refused_before_it_is_parsed() -> None:
    api, calls = shop()
    status, problem = call_api(api, {"routeKey": "POST /api/sales", "body": "x" * 300_000})
    assert (status, problem["title"], calls) == (413, "BodyTooLarge", [])


def test_deeply_nested_body_is_refused() -> None:
    api, calls = shop()
    status, problem = call_api(api, {"routeKey": "POST /api/sales", "body": "[" * 5000 + "]" * 5000})
    assert (status, problem["problems"][0]["field"], calls) == (400, "body", [])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"sale_id": "1", "sale_id": "2"}', "sale_id"),
        ('{"sale_id": "1", "more": [{"a": 1, "a": 1}]}', "a"),
        ('{"sale_id": NaN}', "body"),
        ('{"sale_id": -Infinity}', "body"),
    ],
)
def test_json_that_readers_differ_on_is_refused(body: str, field: str) -> None:
    api, calls = shop()
    status, problem = call_api(api, {"routeKey": "POST /api/sales", "body": body})
    assert (status, problem["problems"][0]["field"], calls) == (400, field, [])


def test_brackets_inside_texts_are_not_levels() -> None:
    api, _ = shop()
    assert call_api(api, request("POST /api/sales", {"sale_id": '[{"' * 100}))[0] == 201


def test_base64_body_is_decoded_and_kept_as_sent() -> None:
    api, calls = shop()
    raw = b'{"sale_id": "1"}'
    event = {"routeKey": "POST /api/sales", "body": base64.b64encode(raw).decode(), "isBase64Encoded": True}
    assert call_api(api, event)[0] == 201
    assert calls[0].raw == raw


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "latin-1"])
def test_body_in_another_encoding_than_utf_8_is_refused(encoding: str) -> None:
    """The levels of UTF-16 cannot be counted by bytes: a letter can have that of a quote."""
    api, calls = shop()
    for text in ('{"sale_id": "é"}', '["∁é", ' + "[" * 10_000 + "]" * 10_001):
        body = base64.b64encode(text.encode(encoding, "replace")).decode()
        event = {"routeKey": "POST /api/sales", "body": body, "isBase64Encoded": True}
        status, problem = call_api(api, event)
        assert (status, problem["problems"][0]["field"], calls) == (400, "body", [])


def test_body_whose_bytes_a_gateway_replaced_is_refused() -> None:
    api, calls = shop()
    body = '{"sale_id": "José"}'.encode("latin-1").decode(errors="replace")
    status, problem = call_api(api, {"routeKey": "POST /api/sales", "body": body})
    assert (status, problem["problems"][0]["accepted"]) == (400, "JSON in UTF-8 without U+FFFD")
    assert calls == []


def test_body_may_begin_with_a_byte_order_mark() -> None:
    api, calls = shop()
    body = base64.b64encode('{"sale_id": "1"}'.encode("utf-8-sig")).decode()
    event = {"routeKey": "POST /api/sales", "body": body, "isBase64Encoded": True}
    assert (call_api(api, event)[0], len(calls)) == (201, 1)


@pytest.mark.parametrize(
    "query", [{"limit": "0"}, {"limit": "x"}, {"limit": "1", "more": "1"}, {"limit": "9" * 3000}]
)
def test_query_that_is_not_accepted_is_refused(query: dict[str, str]) -> None:
    api, calls = shop()
    assert call_api(api, request("GET /api/sales", queryStringParameters=query))[0] == 400
    assert calls == []


@pytest.mark.parametrize("sent", ['"3"', 'W/"3"', '"1", "3"', "*"])
def test_etag_and_if_none_match(sent: str) -> None:
    api, _ = shop()
    event = request("GET /api/sales/{sale_id}", pathParameters={"sale_id": "1"})
    assert api.handle(event, CONTEXT)["headers"]["etag"] == '"3"'
    response = api.handle(event | {"headers": {"If-None-Match": sent}}, CONTEXT)
    assert (response["statusCode"], response["body"]) == (304, "")


@pytest.mark.parametrize(
    "value",
    [
        *("x", "-1", "3", '"1', '1"', '"-1"', '""', '"x"', 'W/"3"', 'w/"3"', '"3", "4"', '"3"4"', "*"),
        '"\u0663"',
        '"' + "9" * 16 + '"',
    ],
)
def test_if_match_that_is_not_one_strong_tag_is_refused(value: str) -> None:
    api, calls = shop()
    event = request("PUT /api/sales", {"sale_id": "1"}, headers={"If-Match": value})
    status, problem = call_api(api, event)
    assert (status, [one["field"] for one in problem["problems"]], calls) == (400, ["If-Match"], [])


@pytest.mark.parametrize("value", ['"3"', ' "3" ', '\t"3"'])
def test_if_match_is_the_version_of_a_record(value: str) -> None:
    api, calls = shop()
    event = request("PUT /api/sales", {"sale_id": "1"}, headers={"If-Match": value})
    assert call_api(api, event)[0] == 200
    assert calls[0].version == 3


def test_wrong_if_match_is_named_with_the_wrong_fields() -> None:
    api, _ = shop()
    event = request(
        "PUT /api/sales", {}, headers={"If-Match": "3"}, queryStringParameters={"limit": "0", "x": "1"}
    )
    status, problem = call_api(api, event)
    assert status == 400
    assert [one["field"] for one in problem["problems"]] == ["limit", "x", "sale_id", "If-Match"]


def test_caller_is_read_from_the_claims_of_the_gateway() -> None:
    api, calls = shop()
    claims = {
        "username": "carl",
        "cognito:groups": "[cashier manager]",
        "scope": "shop/read shop/sell",
        "location": "s1",
    }
    event = request("GET /api/sales", requestContext={"authorizer": {"jwt": {"claims": claims}}})
    assert call_api(api, event)[0] == 200
    caller = calls[0].caller
    assert (caller.username, caller.location, caller.is_manager) == ("carl", "s1", True)
    assert caller.scopes == {"shop/read", "shop/sell"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(
    body=json_values, query=st.none() | st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=3)
)
def test_any_json_gets_a_result_or_a_named_problem(body: Any, query: Any) -> None:
    api, _ = shop()
    for key in api.routes:
        event = {
            "routeKey": key,
            "body": json.dumps(body),
            "queryStringParameters": query,
            "pathParameters": {"sale_id": "1"},
        }
        status, document = call_api(api, event)
        assert status in (200, 201, 400), document
        assert status != 400 or document["problems"]


@given(event=json_values)
def test_any_event_gets_a_problem_document(event: Any) -> None:
    api, _ = shop()
    assert call_api(api, event)[0] == 404


@given(st.text(max_size=60).filter(bool))
def test_cursor_reads_back_what_was_written(position: str) -> None:
    cursor = encode_cursor(position, "list")
    assert cursor is not None
    assert decode_cursor(cursor, "list") == position


def test_cursor_of_another_list_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="cursor"):
        decode_cursor(encode_cursor("a", "customers"), "products")


@pytest.mark.parametrize(
    "cursor", ["x", "e30", "bnVsbA", "W10", "eyJhZnRlciI6MX0", "é", "a" * 5000, "W" * 2000]
)
def test_invalid_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidRequest, match="cursor"):
        decode_cursor(cursor, "list")


@pytest.mark.parametrize(
    ("reason", "status", "message"),
    [
        ("PaymentDeclined", 402, "Payment declined. Ask for another way to pay."),
        ("InsufficientStock", 409, "Not enough in stock. Lower the quantity or remove it."),
        ("InvalidOrder", 400, "The order is not valid. Check the lines and discounts."),
        ("StoreContention", 422, "The sale was refused."),
        ("States.Timeout", 422, "The sale was refused."),
    ],
)
def test_refusal_of_a_workflow_has_the_status_and_message_of_its_error(
    reason: str, status: int, message: str
) -> None:
    cause = json.dumps({"errorMessage": "refused: no", "errorType": reason})
    problem = problem_of_refusal(reason, cause, "The sale was refused.")
    assert (problem.status, problem.title, problem.detail, problem.cashier_message) == (
        status,
        reason,
        "refused: no",
        message,
    )


def test_problem_of_a_request_that_a_workflow_refused_has_its_fields() -> None:
    cause = str(InvalidRequest("lines[0].sku", "MUG", "a product that is not retired"))
    problem = problem_of_refusal("InvalidRequest", cause, "The sale was refused.")
    assert problem.problems == (
        {"field": "lines[0].sku", "value": "MUG", "accepted": "a product that is not retired"},
    )
