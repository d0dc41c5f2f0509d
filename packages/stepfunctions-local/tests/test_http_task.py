"""HTTP tasks as AWS's developer guide describes them (Call HTTPS APIs in Step Functions workflows)."""

import json
from typing import Any

import pytest

from stepfunctions_local.services import CallFailed, HttpResponse, RoleNotAssumable, ServiceError
from stepfunctions_local.testing import VirtualEngine

from .test_integration_edges import FakeResponses, failure, run

ARN = "arn:aws:events:us-east-1:123456789012:connection/pay/81210c42-8af1-456b-9c4a-6ff02fc664ac"
GET = {
    "ApiEndpoint": "https://example.com/path",
    "Method": "GET",
    "InvocationConfig": {"ConnectionArn": ARN},
}
OK = HttpResponse(200, "OK", {"content-type": "application/json"}, b"{}")
KEY = {"SecretString": '{"api_key_name":"ApiKey","api_key_value":"key_value"}'}


def connection(**added: dict[str, str]) -> dict[str, Any]:
    parameters = {
        name: [{"Key": key, "Value": value} for key, value in values.items()]
        for name, values in added.items()
    }
    return {
        "SecretArn": "arn:secret",
        "AuthorizationType": "API_KEY",
        "ConnectionState": "AUTHORIZED",
        "AuthParameters": {"InvocationHttpParameters": parameters},
    }


def sent(arguments: dict[str, Any], **added: dict[str, str]) -> Any:
    """Return the HTTP request of a task."""
    services = FakeResponses(connection(**added), KEY, OK)
    run("http:invoke", GET | arguments, services)
    assert services.calls[0][2] == {"Name": "pay"}
    return services.calls[2]


def test_connection_replaces_values_of_the_task() -> None:
    """AWS's example of merging data."""
    request = sent(
        {
            "Method": "POST",
            "Headers": {"Request-Id": "my_request_id", "header-param": "state_machine_header_param"},
            "RequestBody": {
                "Job": "Software Engineer",
                "Company": "AnyCompany",
                "BodyParam": "state_machine_body_param",
            },
            "QueryParameters": {"QueryParam": "state_machine_query_param"},
        },
        BodyParameters={"BodyParam": "connection_body_param"},
        HeaderParameters={"Header-Param": "connection_header_param"},
        QueryStringParameters={"QueryParam": "connection_query_param"},
    )
    assert request.url == "https://example.com/path?QueryParam=connection_query_param"
    assert dict(request.headers) == {
        "Request-Id": "my_request_id",
        "ApiKey": "key_value",
        "Header-Param": "connection_header_param",
        "User-Agent": "Amazon|StepFunctions|HttpInvoke|us-east-1",
        "Range": "bytes=0-262144",
    }
    assert request.content_type == "application/json; charset=UTF-8"
    assert request.body == (
        b'{"Job":"Software Engineer","Company":"AnyCompany","BodyParam":"connection_body_param"}'
    )


def test_query_parameters_follow_the_query_of_the_endpoint() -> None:
    endpoint = "https://example.com/path?a=1"
    request = sent({"ApiEndpoint": endpoint, "QueryParameters": {"b": "2"}})
    assert request.url == f"{endpoint}&b=2"
    assert sent({"ApiEndpoint": endpoint}).url == endpoint


def test_hidden_parameters_of_a_connection_come_from_its_secret() -> None:
    described = connection(HeaderParameters={"Shown": "value"})
    hidden = {"Key": "Hidden", "IsValueSecret": True}
    described["AuthParameters"]["InvocationHttpParameters"]["HeaderParameters"].append(hidden)
    secret = json.loads(KEY["SecretString"]) | {
        "invocation_http_parameters": {
            "header_parameters": [{"key": "Hidden", "value": "secret value", "is_value_secret": True}]
        }
    }
    services = FakeResponses(described, {"SecretString": json.dumps(secret)}, OK)
    run("http:invoke", GET, services)
    headers = services.calls[2].headers
    assert (headers["Shown"], headers["Hidden"]) == ("value", "secret value")


OAUTH_SECRET = {
    "SecretString": json.dumps(
        {
            "client_id": "shop",
            "client_secret": "s&cret",
            "oauth_http_parameters": {
                "body_parameters": [{"key": "audience", "value": "api", "is_value_secret": True}]
            },
        }
    )
}


def oauth_connection(method: str) -> dict[str, Any]:
    hidden = {"Key": "audience", "IsValueSecret": True}
    parameters = {
        "AuthorizationEndpoint": "https://auth.example.com/token?v=1",
        "HttpMethod": method,
        "OAuthHttpParameters": {
            "BodyParameters": [hidden, {"Key": "scope", "Value": "orders", "IsValueSecret": False}],
            "HeaderParameters": [{"Key": "X-Tenant", "Value": "north", "IsValueSecret": False}],
            "QueryStringParameters": [{"Key": "q", "Value": "1", "IsValueSecret": False}],
        },
    }
    return {
        "SecretArn": "arn:secret",
        "AuthorizationType": "OAUTH_CLIENT_CREDENTIALS",
        "ConnectionState": "AUTHORIZED",
        "AuthParameters": {"OAuthParameters": parameters},
    }


FORM = "grant_type=client_credentials&client_id=shop&client_secret=s%26cret&audience=api&scope=orders"


@pytest.mark.parametrize(
    ("method", "url", "body", "content_type"),
    [
        (
            "POST",
            "https://auth.example.com/token?v=1&q=1",
            FORM.encode(),
            "application/x-www-form-urlencoded",
        ),
        ("GET", f"https://auth.example.com/token?v=1&q=1&{FORM}", b"", None),
    ],
)
def test_oauth_connection_exchanges_its_credentials_for_a_token(
    method: str, url: str, body: bytes, content_type: str | None
) -> None:
    token = HttpResponse(200, "OK", {}, b'{"access_token": "abc", "token_type": "bearer"}')
    services = FakeResponses(oauth_connection(method), OAUTH_SECRET, token, OK)
    run("http:invoke", GET, services)
    exchange, request = services.calls[2:]
    assert (exchange.method, exchange.url, exchange.body) == (method, url, body)
    assert (exchange.content_type, dict(exchange.headers)) == (content_type, {"X-Tenant": "north"})
    assert request.headers["Authorization"] == "Bearer abc"
    assert "Authorization" not in request.without_secrets.headers


@pytest.mark.parametrize(
    "response",
    [
        HttpResponse(401, "Unauthorized", {}, b'{"access_token": "abc"}'),
        HttpResponse(200, "OK", {}, b"no JSON"),
        HttpResponse(200, "OK", {}, b"[]"),
        HttpResponse(200, "OK", {}, b'{"token_type": "bearer"}'),
        CallFailed("no connection"),
    ],
)
def test_oauth_connection_without_a_token_fails(response: Any) -> None:
    services = FakeResponses(oauth_connection("POST"), OAUTH_SECRET, response)
    error, cause = failure("http:invoke", GET, services)
    assert error == "Events.ConnectionResource.InvalidConnectionState"
    assert "has no token" in cause


def test_connection_adds_a_body_to_a_task_without_one() -> None:
    assert sent({}, BodyParameters={"a": "b"}).body == b'{"a":"b"}'
    assert sent({}).body == b""


def test_text_body_cannot_be_merged() -> None:
    services = FakeResponses(connection(BodyParameters={"a": "b"}), KEY)
    assert failure("http:invoke", {**GET, "RequestBody": "text"}, services)[0] == "States.Runtime"


@pytest.mark.parametrize(
    ("array_format", "body"),
    [
        (None, b"array%5B0%5D=a&array%5B1%5D=b"),
        ("INDICES", b"array%5B0%5D=a&array%5B1%5D=b"),
        ("REPEAT", b"array=a&array=b"),
        ("COMMAS", b"array=a%2Cb"),
        ("BRACKETS", b"array%5B%5D=a&array%5B%5D=b"),
    ],
)
def test_arrays_of_forms_have_four_formats(array_format: str | None, body: bytes) -> None:
    options = {} if array_format is None else {"RequestEncodingOptions": {"ArrayFormat": array_format}}
    transform = {"RequestBodyEncoding": "URL_ENCODED", **options}
    request = sent({"RequestBody": {"array": ["a", "b"]}, "Transform": transform})
    assert (request.body, request.content_type) == (body, "application/x-www-form-urlencoded")


def test_nested_objects_of_forms_have_bracketed_names() -> None:
    """AWS's example of an invoice."""
    body = {
        "description": "Monthly subscription",
        "metadata": {"order_details": "monthly report data"},
        "customer": "1234567890",
        "lines": [{"n": 1, "free": True}],
    }
    request = sent(
        {
            "Headers": {"content-type": "application/x-www-form-urlencoded"},
            "RequestBody": body,
            "Transform": {"RequestBodyEncoding": "URL_ENCODED"},
        }
    )
    assert request.body == (
        b"description=Monthly%20subscription&metadata%5Border_details%5D=monthly%20report%20data"
        b"&customer=1234567890&lines%5B0%5D%5Bn%5D=1&lines%5B0%5D%5Bfree%5D=true"
    )
    assert request.content_type is None


def test_header_and_query_values_are_text_or_arrays() -> None:
    request = sent(
        {"Headers": {"X-Kinds": ["a", "b"], "X-Dry": True}, "QueryParameters": {"q": ["a", 1, True]}}
    )
    assert (request.headers["X-Kinds"], request.headers["X-Dry"]) == ("a,b", "true")
    assert request.url == "https://example.com/path?q=a&q=1&q=true"


@pytest.mark.parametrize("kind", ["application/octet-stream", "image/png", "video/mp4", "Audio/mpeg"])
def test_binary_content_types_fail_the_task(kind: str) -> None:
    response = HttpResponse(200, "OK", {"Content-Type": kind}, b"text")
    assert failure("http:invoke", GET, FakeResponses(connection(), KEY, response))[0] == "States.Runtime"


def test_content_that_is_not_text_fails_the_task() -> None:
    response = HttpResponse(200, "OK", {"content-type": "text/plain"}, b"\xff\x00")
    assert failure("http:invoke", GET, FakeResponses(connection(), KEY, response))[0] == "States.Runtime"


def test_status_names_the_error() -> None:
    services = FakeResponses(connection(), KEY, HttpResponse(404, "Not Found", {}, b"no"))
    assert failure("http:invoke", GET, services) == ("States.Http.StatusCode.404", "no")
    timeout = FakeResponses(connection(), KEY, CallFailed("Read timed out.", sent=True, timed_out=True))
    assert failure("http:invoke", GET, timeout) == ("States.Http.Socket", "Read timed out.")


def service_error(code: str) -> ServiceError:
    return ServiceError("events", "DescribeConnection", code, "refused")


@pytest.mark.parametrize(
    ("responses", "name"),
    [
        ([service_error("ResourceNotFoundException")], "ResourceNotFound"),
        ([service_error("AccessDeniedException")], "AccessDenied"),
        ([service_error("InternalException")], "InternalError"),
        ([RoleNotAssumable("arn:role", "refused")], "AccessDenied"),
        ([CallFailed("no connection")], "InternalError"),
        ([connection(), service_error("AccessDeniedException")], "AccessDenied"),
        ([connection() | {"ConnectionState": "AUTHORIZING"}], "AuthInProgress"),
        ([connection() | {"ConnectionState": "DEAUTHORIZED"}], "InvalidConnectionState"),
        ([connection() | {"ConnectionState": "DELETING"}], "InvalidConnectionState"),
    ],
)
def test_failures_of_the_connection_have_names_of_aws(responses: list[Any], name: str) -> None:
    error, _ = failure("http:invoke", GET, FakeResponses(*responses))
    assert error == f"Events.ConnectionResource.{name}"


def findings(resource: str, arguments: dict[str, Any], language: str = "JSONPath") -> list[tuple[str, str]]:
    field = "Arguments" if language == "JSONata" else "Parameters"
    state = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", field: arguments, "End": True}
    definition = {"QueryLanguage": language, "StartAt": "A", "States": {"A": state}}
    with VirtualEngine() as engine:
        result = engine.validate_state_machine_definition(definition=json.dumps(definition))
    return [
        (found["message"], found["location"].removeprefix("/States/A/")) for found in result["diagnostics"]
    ]


@pytest.mark.parametrize(
    "name", ["Authorization", "HOST", "x-amz-date", "X-Amzn-Trace-Id", "x-forwarded-for"]
)
def test_reserved_headers_are_rejected(name: str) -> None:
    message = f"The 'Headers' field contains unsupported values: [{name.lower()}]"
    api = {"ApiEndpoint": "a.execute-api.us-east-1.amazonaws.com", "Method": "GET"}
    for resource, arguments in (("http:invoke", GET), ("apigateway:invoke", api)):
        wrong = {**arguments, "Headers": {name: "foo", "X-Mine": "1"}}
        assert findings(resource, wrong) == [(message, "Parameters")]
        error, cause = failure(resource, wrong, FakeResponses())
        assert (error, message in cause) == ("States.Runtime", True)


def test_headers_of_one_integration_are_accepted_by_the_other() -> None:
    api = {"ApiEndpoint": "a.execute-api.us-east-1.amazonaws.com", "Method": "GET"}
    assert findings("apigateway:invoke", {**api, "Headers": {"Origin": "x"}}) == []
    assert findings("http:invoke", {**GET, "Headers": {"Www-Authenticate": "x"}}) == []
    assert findings("http:invoke", {**GET, "Headers": {"Origin": "x", "TE.$": "$.te"}}) == [
        ("The 'Headers' field contains unsupported values: [origin, te]", "Parameters")
    ]


WITHOUT = {"ApiEndpoint": "https://example.com", "Method": "GET"}
NO_ARN = "The field 'ConnectionArn' is required but was missing"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (WITHOUT, "There should be one of the following fields: [InvocationConfig, Authentication]"),
        (
            {**GET, "Authentication": {"ConnectionArn": ARN}},
            "There should only be one of the following fields: [InvocationConfig, Authentication]",
        ),
        ({**WITHOUT, "Authentication": {}}, NO_ARN),
        ({**WITHOUT, "InvocationConfig": {"Arn": ARN}}, NO_ARN),
        ({**GET, "Method": "FETCH"}, "The value of the field 'Method' has an invalid format"),
        ({**GET, "Method": "get"}, "The value of the field 'Method' has an invalid format"),
    ],
)
def test_http_tasks_need_one_connection_and_a_method(arguments: dict[str, Any], message: str) -> None:
    assert findings("http:invoke", arguments) == [(message, "Parameters")]
    error, cause = failure("http:invoke", arguments, FakeResponses())
    assert (error, message in cause) == ("States.Runtime", True)


def test_values_from_the_input_are_checked_when_they_are_known() -> None:
    paths = {**WITHOUT, "Authentication": {"ConnectionArn.$": "$.c"}, "Headers": {"X-Id.$": "$.id"}}
    assert findings("http:invoke", paths) == []
    assert findings("http:invoke", {**WITHOUT, "InvocationConfig.$": "$.config"}) == []
    jsonata = {**GET, "Method": "{% $states.input.method %}"}
    assert findings("http:invoke", jsonata, "JSONata") == []
