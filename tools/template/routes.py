"""Generate the routes of the HTTP API, and the aliases for people, from the `api` modules of the services.

They are a nested stack: a stack can have 500 resources, and each route is one.
"""

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tillflow.api.roles import SCOPE_PREFIX, SCOPES_BY_GROUP, group_for

from tools.template.conventions.model import FUNCTION, Resources

HANDLER = re.compile(r"(\w+)\.api\.handle")
STACK = "HttpApiRoutes"
FILE = "template-routes.yaml"


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


def stack(declared: Resources) -> Resources:
    """Return the nested stack of the routes, with the ARN of each declared `<service>.api` function; {} without one."""
    functions = [function for function, _ in _functions(declared)]
    if not functions:
        return {}
    parameters: dict[str, Any] = {"ApiId": {"Ref": "HttpApi"}, "AuthorizerId": {"Ref": "HttpApiAuthorizer"}}
    parameters |= {f"{function}Arn": {"Fn::GetAtt": [function, "Arn"]} for function in functions}
    return {
        STACK: {
            "Type": "AWS::CloudFormation::Stack",
            "Properties": {"TemplateURL": FILE, "Parameters": parameters},
        }
    }


def template(declared: Resources, root: Path) -> dict[str, Any]:
    """Return the template of the nested stack: for each function an integration, a permission, routes and aliases."""
    resources: Resources = {}
    for function, service in _functions(declared):
        resources |= dict(_resources(function, routes_of(root, service)))
    names = ["ApiId", "AuthorizerId", *(f"{function}Arn" for function, _ in _functions(declared))]
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "The routes of the HTTP API.",
        "Parameters": {name: {"Type": "String"} for name in names},
        "Resources": resources,
    }


def _functions(declared: Resources) -> Iterator[tuple[str, str]]:
    """Return the logical id and the service of each `<service>.api` function."""
    for name, resource in declared.items():
        handler = HANDLER.fullmatch(resource.get("Properties", {}).get("Handler", ""))
        if resource["Type"] == FUNCTION and handler:
            yield name, handler[1]


def _resources(function: str, routes: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    stem = function.removesuffix("Function")
    yield (
        f"{stem}Integration",
        {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {
                "ApiId": {"Ref": "ApiId"},
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": {"Ref": f"{function}Arn"},
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
                "FunctionName": {"Ref": f"{function}Arn"},
                "Principal": "apigateway.amazonaws.com",
                "SourceArn": {
                    "Fn::Sub": "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${ApiId}/*"
                },
            },
        },
    )
    # People invoke a function by the alias of their group (see tillflow.api.caller).
    for group in groups_of(routes):
        properties = {"FunctionName": {"Ref": f"{function}Arn"}, "FunctionVersion": "$LATEST", "Name": group}
        yield f"{stem}{group.capitalize()}Alias", {"Type": "AWS::Lambda::Alias", "Properties": properties}
    for key, route in routes.items():
        authorization: dict[str, Any] = {"AuthorizationType": "NONE"}
        if route.scope:
            authorization = {
                "AuthorizationType": "JWT",
                "AuthorizerId": {"Ref": "AuthorizerId"},
                "AuthorizationScopes": [f"{SCOPE_PREFIX}{route.scope}"],
            }
        properties = {
            "ApiId": {"Ref": "ApiId"},
            "RouteKey": key,
            "Target": {"Fn::Sub": f"integrations/${{{stem}Integration}}"},
            **authorization,
        }
        yield f"{_camel(key)}Route", {"Type": "AWS::ApiGatewayV2::Route", "Properties": properties}


def groups_of(routes: dict[str, Any]) -> list[str]:
    """Return the groups of which each is the first that may call one of these routes."""
    needed = {group_for(route.scope) for route in routes.values() if route.scope}
    return [group for group in SCOPES_BY_GROUP if group in needed]


def _camel(key: str) -> str:
    """`POST /api/orders/{order_id}/cancel` is PostOrdersOrderIdCancel."""
    words = re.findall(r"[A-Za-z0-9]+", key.replace("/api/", "/", 1))
    return "".join(word.capitalize() for word in words)
