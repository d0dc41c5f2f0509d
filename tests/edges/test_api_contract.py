"""Every route keeps to the OpenAPI document: any request gets a response that the document describes.

Requests are generated from the document, valid and invalid ones, with a fixed seed; none may be a 500.
"""

import base64
import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core import NotSet
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support.http_api import ROUTES, HttpApi, http_api
from till.shop import ESPRESSO, MUG
from verification.harness.fixture import seed_stock, workflow_fixture
from verification.harness.import_bucket import make_bucket

ROOT = Path(__file__).parents[2]
DOCUMENT = json.loads((ROOT / "functions" / "web" / "pages" / "openapi.json").read_text())
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = {
    f"{operation.method.upper()} {operation.path}": operation
    for operation in (result.ok() for result in SCHEMA.get_all_operations())
}
# Pages of text have no schema.
DESCRIBED = sorted(key for key in OPERATIONS if ROUTES[key].response is not str)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 12


@pytest.fixture(scope="module")
def api() -> Iterator[HttpApi]:
    with workflow_fixture() as fixture, http_api(fixture) as built:
        seed_stock({ESPRESSO: 10, MUG: 10})
        make_bucket()
        yield built


def test_document_has_every_route() -> None:
    assert OPERATIONS.keys() == ROUTES.keys()


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("key", DESCRIBED)
def test_generated_request_gets_a_response_of_the_document(
    api: HttpApi, key: str, mode: GenerationMode
) -> None:
    operation = OPERATIONS[key]

    @seed(1)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        case.validate_response(response_to(api, key, case), checks=CHECKS)

    # Nothing in a route without parameters can be invalid.
    with contextlib.suppress(Unsatisfiable):
        send()


def response_to(api: HttpApi, key: str, case: Any) -> schemathesis.Response:
    """Send a generated request to its route; a response of the gateway's form becomes one of HTTP."""
    query = {name: _text(value) for name, value in (case.query or {}).items()}
    if "wait" in query:
        query["wait"] = "0"
    body = b"" if isinstance(case.body, NotSet) else _bytes(case.body)
    response = api.call(
        key,
        {name: _text(value) for name, value in (case.path_parameters or {}).items()},
        query,
        base64.b64encode(body).decode(),
        {name: _text(value) for name, value in (case.headers or {}).items()},
    )
    request = requests.Request(case.method, f"http://api{case.formatted_path}").prepare()
    return schemathesis.Response(
        status_code=response.status,
        headers={name: [value] for name, value in response.headers.items()},
        content=response.text.encode(),
        request=request,
        elapsed=0,
        verify=False,
    )


def _bytes(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
