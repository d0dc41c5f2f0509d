"""HTTP APIs: routes of an OpenAPI document in CloudFormation, and HTTP APIs as origins of CloudFront.

Sources: the API Gateway Developer Guide, "Using OpenAPI definitions for HTTP APIs" and "x-amazon-apigateway
extensions to OpenAPI"; the CloudFront Developer Guide, "Use various origins with CloudFront distributions".
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ministack import app
from ministack.services import apigateway, cloudfront, lambda_svc

type Document = dict[str, Any]

_EXTENSION = "x-amazon-apigateway-"
_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})


@dataclass(frozen=True, slots=True)
class Route:
    """A route of an OpenAPI document, with the name of its authorizer and the scopes that it requires."""

    key: str
    integration: Document
    authorizer: str | None
    scopes: tuple[str, ...]


def routes(document: Document) -> Iterator[Route]:
    """Yield the routes of a document. Raise ValueError for one without an integration."""
    for path, operations in (document.get("paths") or {}).items():
        for method, operation in operations.items():
            if method not in _METHODS and method != f"{_EXTENSION}any-method":
                continue
            name = method.upper() if method in _METHODS else "ANY"
            key = path if path == "$default" else f"{name} {path}"
            integration = _resolved(document, operation.get(f"{_EXTENSION}integration"))
            if not integration:
                raise ValueError(f"Unable to create API: the route {key} has no {_EXTENSION}integration.")
            security = operation.get("security", document.get("security")) or [{}]
            authorizer, scopes = next(iter(security[0].items()), (None, []))
            yield Route(key, integration, authorizer, tuple(scopes))


def authorizers(document: Document) -> dict[str, Document]:
    """Return the authorizers of a document by name."""
    schemes = (document.get("components") or {}).get("securitySchemes") or {}
    extension = f"{_EXTENSION}authorizer"
    return {name: scheme[extension] for name, scheme in schemes.items() if extension in scheme}


def _resolved(document: Document, integration: Document | None) -> Document | None:
    reference = (integration or {}).get("$ref")
    if reference is None:
        return integration
    value: Any = document
    for part in reference.removeprefix("#/").split("/"):
        value = value[part]
    return dict(value)


def install_documents() -> None:
    """Import the OpenAPI documents of HTTP APIs, and serve distributions with such an origin from this process."""
    from ministack.services.cloudformation import provisioners

    handlers = provisioners._RESOURCE_HANDLERS["AWS::ApiGatewayV2::Api"]
    create, update = handlers["create"], handlers["update"]

    def create_from_body(logical_id: str, properties: Document, stack_name: str) -> Any:
        api_id, attributes = create(logical_id, _with_body_defaults(properties), stack_name)
        _import(api_id, properties.get("Body"))
        return api_id, attributes

    def update_from_body(api_id: str, old: Document, new: Document, *rest: Any, **named: Any) -> Any:
        updated, attributes = update(
            api_id, _with_body_defaults(old), _with_body_defaults(new), *rest, **named
        )
        if updated != api_id or new.get("Body") != old.get("Body"):
            for store in (apigateway._routes, apigateway._integrations, apigateway._authorizers):
                if "Body" in old or "Body" in new:
                    store[updated] = {}
            _import(updated, new.get("Body"))
        return updated, attributes

    handlers |= {"create": create_from_body, "update": update_from_body}
    fetch = cloudfront._fetch_from_origin

    async def fetch_from_api(origin: Document, *request: Any) -> Any:
        host = cloudfront._normalize_origin_host(origin["domain_name"])
        api = apigateway._apis.get(host.partition(".")[0]) if ".execute-api." in host else None
        if api is None:
            return await fetch(origin, *request)
        return await _fetch(host, urlsplit(api["apiEndpoint"]).netloc, origin, *request)

    cloudfront._fetch_from_origin = fetch_from_api
    shape = lambda_svc.lambda_execute_result_to_api_proxy_response
    lambda_svc.lambda_execute_result_to_api_proxy_response = lambda result: with_retry_after(
        result, *shape(result)
    )


def with_retry_after(
    result: Document, response: Document | None, failure: str | None
) -> tuple[Document | None, str | None]:
    """Return the response of an integration; that of a throttled function says when to try again, as Lambda's does."""
    if response is not None and result.get("throttle"):
        seconds = str(result["body"]["retryAfterSeconds"])
        response = response | {"headers": response["headers"] | {"Retry-After": seconds}}
    return response, failure


def _with_body_defaults(properties: Document) -> Document:
    """Return the properties of an API, with those that its document sets."""
    body = properties.get("Body")
    if not body:
        return properties
    info = body.get("info") or {}
    defaults = {"Name": info.get("title"), "Version": info.get("version"), "ProtocolType": "HTTP"}
    if cors := body.get(f"{_EXTENSION}cors"):
        defaults["CorsConfiguration"] = cors
    return {name: value for name, value in defaults.items() if value is not None} | properties


def _import(api_id: str, body: Document | None) -> None:
    """Create the authorizers, integrations and routes of a document."""
    if not body:
        return
    identifiers = {
        name: _created(apigateway._create_authorizer, api_id, _authorizer(name, settings))["authorizerId"]
        for name, settings in authorizers(body).items()
    }
    types = {name: settings["type"].lower() for name, settings in authorizers(body).items()}
    for route in routes(body):
        integration = _created(apigateway._create_integration, api_id, _integration(route.integration))
        data: Document = {"routeKey": route.key, "target": f"integrations/{integration['integrationId']}"}
        if route.authorizer in identifiers:
            kind = "JWT" if types[route.authorizer] == "jwt" else "CUSTOM"
            data |= {"authorizationType": kind, "authorizerId": identifiers[route.authorizer]}
            if route.scopes:
                data["authorizationScopes"] = list(route.scopes)
        _created(apigateway._create_route, api_id, data)


def _authorizer(name: str, settings: Document) -> Document:
    source = settings.get("identitySource", "$request.header.Authorization")
    return settings | {
        "name": name,
        "authorizerType": settings["type"].upper(),
        "identitySource": source.split(",") if isinstance(source, str) else source,
    }


def _integration(settings: Document) -> Document:
    return settings | {
        "integrationType": settings.get("type", "aws_proxy").upper(),
        "integrationUri": settings.get("uri", ""),
        "integrationMethod": settings.get("httpMethod", "POST"),
    }


def _created(create: Callable[[str, Document], Any], api_id: str, data: Document) -> Document:
    status, _, body = create(api_id, data)
    created: Document = json.loads(body)
    if status >= 400:
        raise ValueError(created.get("message", body))
    return created


async def _fetch(
    host: str, endpoint: str, origin: Document, method: str, uri: str, query: str, headers: Document, body: bytes,
    _viewer_is_https: bool, client_ip: str, forwarded_for: str, _distribution: str,
) -> Any:  # fmt: skip
    """Return (status, reason, headers, body) of an HTTP API, which has another host here."""
    path = (origin.get("origin_path") or "") + uri
    sent = cloudfront._origin_request_headers(origin, headers, client_ip, forwarded_for)
    sent = {name.lower(): value for name, value in sent.items()}
    if sent.get("host", "").split(":")[0].lower() != host:
        # An API rejects the host of another, as when a policy forwards the viewer's.
        return 403, "Forbidden", {"content-type": "application/json"}, b'{"message":"Forbidden"}'
    response = await app._handle_execute_api_request(
        endpoint, path, method, sent | {"host": endpoint}, body or b"", parse_qs(query, keep_blank_values=True),
        raw_path=path, raw_query_string=query,
    )  # fmt: skip
    status, received, content = response
    pairs = [
        (name, value)
        for name, values in received.items()
        for value in (values if isinstance(values, list) else [values])
    ]
    return status, http.client.responses.get(status, ""), cloudfront._multidict_from_pairs(pairs), content
