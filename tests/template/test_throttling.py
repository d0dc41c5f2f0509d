"""Every function raises the retried error when an AWS call is throttled, fails or breaks, reads included."""

import json
from collections.abc import Iterator
from typing import Any

import botocore.client
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from verification.harness.services import LocalServices
from verification.harness.template import ENVIRONMENT, ROOT, Template

TEMPLATE = Template.read()
EVENTS = ROOT / "events"
# These call no AWS service.
LOCAL = {
    "PlanLinesFunction",
    "RecordMetricsFunction",
    "AddScopesFunction",
    "FindUnknownCarriersFunction",
    "WebApiFunction",
    "ServeConsoleFunction",
}


def _sample(name: str) -> Any:
    """Return the sample event of a function, None if it has none."""
    path = EVENTS / f"{TEMPLATE.functions[name].handler.rpartition('.')[2]}.json"
    return json.loads(path.read_text()) if path.exists() else None


FUNCTIONS = [name for name in TEMPLATE.functions if _sample(name) is not None and name not in LOCAL]


def throttled(operation: str) -> Exception:
    response = {"Error": {"Code": "ThrottlingException"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    return ClientError(response, operation)  # type: ignore[arg-type]


def failed(operation: str) -> Exception:
    response = {"Error": {"Code": "InternalServerError"}, "ResponseMetadata": {"HTTPStatusCode": 500}}
    return ClientError(response, operation)  # type: ignore[arg-type]


def broken(operation: str) -> Exception:
    return EndpointConnectionError(endpoint_url="https://dynamodb")


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalServices]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("tillflow.store.time.sleep", lambda _: None)
    yield LocalServices(TEMPLATE)


@pytest.mark.parametrize("failure", [throttled, failed, broken])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_raises_the_retried_error(
    services: LocalServices, monkeypatch: pytest.MonkeyPatch, name: str, failure: Any
) -> None:
    calls: list[str] = []

    def call(client: Any, operation: str, params: Any) -> Any:
        calls.append(operation)
        raise failure(operation)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", call)
    for variable, value in TEMPLATE.functions[name].environment.items():
        monkeypatch.setenv(variable, value)  # functions read them when they are called, too
    response = services.handle(name, _sample(name))
    error = json.loads(response["Payload"])
    assert calls, "the function called no service"
    if "batchItemFailures" in error:
        assert error["batchItemFailures"], "every message fails and is delivered again"
    else:
        assert error["errorType"] in ("StoreContention", "StoreUnavailable"), error
