"""The console, on the API's `$default` route: one origin with the API, so that no request needs CORS."""

import base64
import json
import os
from collections.abc import Mapping
from typing import Any

from tillflow.api import Problem
from tillflow.api.problems import MEDIA_TYPE
from tillflow.handling import handler
from tillflow.parameters import named_values

from web.files import ConsoleFile, console_files
from web.routes import allowed_methods

_STACK, _CLIENT_ID, _ISSUER = os.environ["STACK"], os.environ["CLIENT_ID"], os.environ["ISSUER"]
_SIGN_IN_URL = os.environ["SIGN_IN_URL"]
_CURRENCY, _TIME_ZONE = os.environ["CURRENCY"], os.environ["TIME_ZONE"]
_UPLOAD_ORIGINS, _SENDS_MAIL = os.environ["UPLOAD_ORIGINS"], os.environ["MAIL_SENDER"] != ""
_PAYMENT_PROVIDERS, _OFFLINE_LIMIT = os.environ["PAYMENT_PROVIDERS"], int(os.environ["OFFLINE_LIMIT"])

_NO_ROUTE = Problem(404, "NoSuchRoute", "there is no such route", "Not found.")
_NO_FILE = Problem(404, "NoSuchFile", "the console has no such file", "Not found.")
_NO_API_METHOD = Problem(405, "MethodNotAllowed", "the path has other methods, see Allow", "Not possible.")
_NO_METHOD = Problem(405, "MethodNotAllowed", "the console is read with GET and HEAD", "Not possible.")


@handler
def serve_console(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return a file of the console, its configuration, or a problem document.

    `$default` takes what no other route takes, so that unknown paths of the API arrive here too, and its paths with
    another method.
    """
    request_id = str(getattr(context, "aws_request_id", ""))
    path = str(event.get("rawPath", "/"))
    if path == "/api" or path.startswith("/api/"):
        allowed = ", ".join(allowed_methods(path))
        return (
            _problem(_NO_API_METHOD, request_id, allow=allowed)
            if allowed
            else _problem(_NO_ROUTE, request_id)
        )
    if _method(event) not in ("GET", "HEAD"):
        return _problem(_NO_METHOD, request_id, allow="GET, HEAD")
    name = path.removeprefix("/") or "index.html"
    if name == "config.json":
        headers = {"content-type": "application/json", "cache-control": "no-store"}
        return {"statusCode": 200, "headers": headers, "body": json.dumps(_configuration())}
    file = console_files().get(name)
    if file is None:
        return _problem(_NO_FILE, request_id)
    return _file(file, _headers(event))


def _configuration() -> dict[str, Any]:
    """Return the settings of the deployment that the console reads.

    sign_in_url is the origin of Cognito's sign-in pages, "" for the console's own origin (the local AWS);
    time_zone is the IANA name of the zone that times are shown in;
    card_providers is the provider of card payments by location, "" for every other location;
    offline_limit is the highest amount of a cash sale at a till without a connection;
    sends_mail is whether the API mails documents.
    """
    return {
        "stack": _STACK,
        "client_id": _CLIENT_ID,
        "issuer": _ISSUER,
        "sign_in_url": _SIGN_IN_URL,
        "currency": _CURRENCY,
        "time_zone": _TIME_ZONE,
        "card_providers": _card_providers(_PAYMENT_PROVIDERS),
        "offline_limit": _OFFLINE_LIMIT,
        "sends_mail": _SENDS_MAIL,
    }


def _card_providers(configuration: str) -> dict[str, str]:
    """Return the provider by location of a configuration such as ``card=stripe,berlin/card=sandbox``."""
    chosen = named_values("PaymentProviders", configuration)
    return {tender.removesuffix("card").removesuffix("/"): provider for tender, provider in chosen.items()}


def _file(file: ConsoleFile, headers: Mapping[str, str]) -> dict[str, Any]:
    response_headers = {
        "cache-control": "public, max-age=31536000, immutable" if file.immutable else "no-cache",
        "content-security-policy": _content_policy(_SIGN_IN_URL, _UPLOAD_ORIGINS),
        "content-type": file.media_type,
        "etag": file.etag,
        "referrer-policy": "no-referrer",
        "vary": "accept-encoding",
        "x-content-type-options": "nosniff",
    }
    if file.etag in headers.get("if-none-match", ""):
        return {"statusCode": 304, "headers": response_headers, "body": ""}
    content = file.packed
    if "gzip" in headers.get("accept-encoding", ""):
        response_headers["content-encoding"] = "gzip"
    else:
        content = file.plain()
    body = base64.b64encode(content).decode()
    return {"statusCode": 200, "headers": response_headers, "body": body, "isBase64Encoded": True}


def _content_policy(sign_in_url: str, upload_origins: str) -> str:
    """Return the policy: scripts and styles of the console alone, pictures of products from any https address.

    Requests go to the API, the sign-in pages and the buckets of images and imports; what is on the console's own
    origin is "".
    """
    connections = " ".join(filter(None, ("'self'", sign_in_url, upload_origins)))
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; font-src 'self'; "
        f"connect-src {connections}; "
        "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _method(event: Mapping[str, Any]) -> str:
    context = event.get("requestContext")
    http = context.get("http") if isinstance(context, dict) else None
    return str(http.get("method", "")) if isinstance(http, dict) else ""


def _headers(event: Mapping[str, Any]) -> dict[str, str]:
    headers = event.get("headers")
    if not isinstance(headers, dict):
        return {}
    return {str(name).lower(): str(value) for name, value in headers.items()}


def _problem(problem: Problem, request_id: str, **more: str) -> dict[str, Any]:
    headers = {"content-type": MEDIA_TYPE, "x-correlation-id": request_id, **more}
    body = json.dumps(problem.document(request_id))
    return {"statusCode": problem.status, "headers": headers, "body": body}
