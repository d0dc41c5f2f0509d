"""The OpenAPI document: complete, committed, and true to the routes."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from openapi_spec_validator import validate

from tools.openapi.build import document
from tools.template.routes import routes_of, services

ROOT = Path(__file__).parents[2]
DOCUMENT = document(ROOT)
OPERATIONS = [
    (f"{method.upper()} {path}", operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]


def test_committed_document_is_what_the_routes_generate() -> None:
    committed = json.loads((ROOT / "functions" / "web" / "pages" / "openapi.json").read_text())
    assert committed == json.loads(json.dumps(DOCUMENT)), "run `make openapi`"


def test_document_is_valid() -> None:
    validate(json.loads(json.dumps(DOCUMENT)))


def test_every_route_is_in_the_document() -> None:
    declared = {key for service in services(ROOT) for key in routes_of(ROOT, service)}
    assert {key for key, _ in OPERATIONS} == declared


def test_operation_ids_are_unique() -> None:
    ids = [operation["operationId"] for _, operation in OPERATIONS]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(("key", "operation"), OPERATIONS, ids=[key for key, _ in OPERATIONS])
def test_operation_has_a_summary_and_names_its_path_parameters(key: str, operation: dict) -> None:
    assert operation["summary"]
    named = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
    assert all(f"{{{name}}}" in key for name in named)
    assert key.count("{") == len(named)


def test_amounts_of_requests_are_described_in_minor_units() -> None:
    """Only amounts are that large."""

    def amounts(schema: object) -> Iterator[dict[str, object]]:
        if isinstance(schema, dict):
            bounds = [schema.get("maximum"), schema.get("exclusiveMaximum")]
            if any(isinstance(bound, int) and bound > 10**11 for bound in bounds):
                yield schema
        members = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
        for member in members:
            yield from amounts(member)

    described = [str(one.get("description")) for one in amounts(DOCUMENT["components"]["schemas"])]
    assert len(described) > 20
    assert all("minor units" in one for one in described)
