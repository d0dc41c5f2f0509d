"""The OpenAPI 3.1 document: https://spec.openapis.org/oas/v3.1.0."""

import re
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from tillflow.api.roles import SCOPE_PREFIX

from tools.template.routes import routes_of, services

_REFERENCE = "#/components/schemas/{model}"
_CONTROLS = r"\u0000-\u001f\u007f-\u009f"
_STATUS_TEXT = {
    200: "Done",
    201: "Created",
    202: "Accepted: it continues; Location has the path to read",
    204: "Done, without content",
    304: "Not modified",
}
_PROBLEMS = {
    "400": "Fields that are not accepted; each is named with its value and what is accepted",
    "401": "No access token, or one that is expired or not of this user pool",
    "402": "The payment was declined",
    "403": "The token's scopes, or the user's location, do not allow it",
    "404": "It does not exist",
    "409": "A conflict: with what is stored, or with another writer",
    "413": "The body is too large",
    "422": "A rule of the shop refuses it",
    "429": "Too many requests; Retry-After says when to try again",
    "500": "A fault of the service; the correlation id is in its log",
    "503": "Busy; Retry-After says when to try again",
}
_PROBLEM_SCHEMA = {
    "type": "object",
    "description": "A problem document (RFC 9457).",
    "required": ["type", "title", "status", "detail", "cashier_message", "problems", "correlation_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string", "description": "Name of the error."},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "Sentence for the operator."},
        "cashier_message": {"type": "string", "description": "Sentence for the till."},
        "problems": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "value", "accepted"],
                "properties": {"field": {"type": "string"}, "value": {}, "accepted": {"type": "string"}},
            },
        },
        "correlation_id": {"type": "string"},
    },
}


def document(root: Path) -> dict[str, Any]:
    """Return the OpenAPI document of every service's routes."""
    routes = [(service, route) for service in services(root) for route in routes_of(root, service).values()]
    adapters: list[tuple[str, Any, TypeAdapter[Any]]] = []
    for _, route in routes:
        adapters.append((f"{route.key} response", "serialization", TypeAdapter(route.response)))
        adapters.append((f"{route.key} query", "validation", TypeAdapter(route.query)))
        if route.body:
            adapters.append((f"{route.key} body", "validation", TypeAdapter(route.body)))
    schemas, shared = TypeAdapter.json_schemas(adapters, ref_template=_REFERENCE)
    definitions = shared.get("$defs", {})
    by_name = {name: schema for (name, _), schema in schemas.items()}
    # Query parameters are listed one by one; their models are not schemas of the document.
    listed = {
        name: schema["$ref"].rpartition("/")[2] for name, schema in by_name.items() if name.endswith(" query")
    }
    by_name |= {name: definitions[model] for name, model in listed.items()}
    definitions = {model: schema for model, schema in definitions.items() if model not in listed.values()}
    by_name, definitions = _portable(by_name), _portable(definitions)
    paths: dict[str, Any] = {}
    for service, route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(service, route, by_name)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tillflow",
            "version": "1",
            "description": "The shop over HTTP. Amounts are integer minor units of the currency; times are ISO 8601.",
        },
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": {**definitions, "Problem": _PROBLEM_SCHEMA},
            "securitySchemes": {
                "users": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "An access token of the user pool. Scopes follow from the user's group.",
                }
            },
        },
    }


def _operation(service: str, route: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": schemas[f"{route.key} response"]}}
    responses: dict[str, Any] = {
        str(status): {"description": _STATUS_TEXT[status], "content": content} for status in route.statuses
    }
    problem = {"application/problem+json": {"schema": {"$ref": _REFERENCE.format(model="Problem")}}}
    responses |= {status: {"description": text, "content": problem} for status, text in _PROBLEMS.items()}
    operation: dict[str, Any] = {
        "operationId": route.operation.__name__,
        "tags": [service],
        "summary": route.summary,
        "parameters": [*_path_parameters(route), *_query_parameters(schemas[f"{route.key} query"])],
        "responses": responses,
        "security": [{"users": [f"{SCOPE_PREFIX}{route.scope}"]}] if route.scope else [],
    }
    if route.body:
        body = dict(schemas[f"{route.key} body"])
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    if route.keyed:
        operation["parameters"].append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
                "description": "The request is done once for each key.",
            }
        )
    if route.versioned:
        operation["parameters"].append(
            {
                "name": "If-Match",
                "in": "header",
                "required": False,
                "schema": {"type": "string", "pattern": '^"[0-9]{1,15}"$'},
                "description": "The version that the change is for: the ETag of the record.",
            }
        )
    return operation


def _path_parameters(route: Any) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)\}", route.path)
    ]


def _query_parameters(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "query", "required": name in schema.get("required", ()), "schema": one}
        for name, one in schema.get("properties", {}).items()
    ]


def _portable(schema: Any) -> Any:
    """Write control characters in patterns as ranges: not every reader knows the class \\p{Cc}.

    The models use it inside a character class, and its opposite outside of one.
    """
    if isinstance(schema, list):
        return [_portable(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _portable(value) for key, value in schema.items()}
    if isinstance(pattern := found.get("pattern"), str):
        found["pattern"] = pattern.replace(r"\P{Cc}", rf"[^{_CONTROLS}]").replace(r"\p{Cc}", _CONTROLS)
    return found
