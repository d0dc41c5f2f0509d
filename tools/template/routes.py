"""Generate the routes of the HTTP API from the `api` modules of the services."""

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.template.conventions.model import FUNCTION, Resources

HANDLER = re.compile(r"(\w+)\.api\.handle")
SCOPE_PREFIX = "shop/"


def services(root: Path) -> list[str]:
    """Return the services that have an `api` module."""
    return sorted(path.parent.name for path in (root / "functions").glob("*/api.py"))


def routes_of(root: Path, service: str) -> dict[str, Any]:
    """Return the routes of a service by their key. Importing an `api` module needs no environment."""
    for folder in (root / "functions", root / "layers" / "common"):
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
    routes: dict[str, Any] = importlib.import_module(f"{service}.api").api.routes
    return routes


def expand(declared: Resources, root: Path) -> Resources:
    """Return an integration, a permission and the routes of each declared `<service>.api` function."""
    found: Resources = {}
    for name, resource in declared.items():
        handler = HANDLER.fullmatch(resource.get("Properties", {}).get("Handler", ""))
        if resource["Type"] == FUNCTION and handler:
            found |= dict(_resources(name, routes_of(root, handler[1])))
    return found


def _resources(function: str, routes: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    stem = function.removesuffix("Function")
    yield (
        f"{stem}Integration",
        {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {
                "ApiId": {"Ref": "HttpApi"},
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": {"Fn::GetAtt": [function, "Arn"]},
                "PayloadFormatVersion": "2.0",
            },
        },
    )
    yield (
        f"{stem}Permission",
        {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "Action": "lambda:InvokeFunction",
                "FunctionName": {"Ref": function},
                "Principal": "apigateway.amazonaws.com",
                "SourceArn": {
                    "Fn::Sub": "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${HttpApi}/*"
                },
            },
        },
    )
    for key, route in routes.items():
        authorization: dict[str, Any] = {"AuthorizationType": "NONE"}
        if route.scope:
            authorization = {
                "AuthorizationType": "JWT",
                "AuthorizerId": {"Ref": "HttpApiAuthorizer"},
                "AuthorizationScopes": [f"{SCOPE_PREFIX}{route.scope}"],
            }
        properties = {
            "ApiId": {"Ref": "HttpApi"},
            "RouteKey": key,
            "Target": {"Fn::Sub": f"integrations/${{{stem}Integration}}"},
            **authorization,
        }
        yield f"{_camel(key)}Route", {"Type": "AWS::ApiGatewayV2::Route", "Properties": properties}


def _camel(key: str) -> str:
    """`POST /api/orders/{order_id}/cancel` is PostOrdersOrderIdCancel."""
    words = re.findall(r"[A-Za-z0-9]+", key.replace("/api/", "/", 1))
    return "".join(word.capitalize() for word in words)
