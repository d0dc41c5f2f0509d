"""The function that serves the console: files, caching, compression, configuration."""

import base64
import gzip
import importlib
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from web.files import console_files

SETTINGS = {
    "STACK": "tillflow",
    "CLIENT_ID": "client",
    "ISSUER": "https://cognito-idp.eu-central-1.amazonaws.com/pool",
    "SIGN_IN_URL": "https://tillflow-1.auth.eu-central-1.amazoncognito.com",
    "UPLOAD_ORIGINS": "https://images.s3.eu-central-1.amazonaws.com https://imports.s3.eu-central-1.amazonaws.com",
    "MAIL_SENDER": "",
    "CURRENCY": "EUR",
    "TIME_ZONE": "Pacific/Auckland",
    "OFFLINE_LIMIT": "20000",
    "PAYMENT_PROVIDERS": "card=stripe,berlin/card=sandbox",
}
SCRIPT = next(name for name in console_files() if name.startswith("assets/") and name.endswith(".js"))


class Context:
    aws_request_id = "request-1"


@pytest.fixture(scope="module", autouse=True)
def handlers() -> Iterator[Any]:
    """The module, imported with the settings of a deployment."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SETTINGS.items():
            patch.setenv(name, value)
        yield importlib.reload(importlib.import_module("web.handlers"))


def get(path: str, method: str = "GET", **headers: str) -> dict[str, Any]:
    serve_console = importlib.import_module("web.handlers").serve_console
    event = {
        "rawPath": path,
        "headers": {name.replace("_", "-"): value for name, value in headers.items()},
        "requestContext": {"http": {"method": method}},
    }
    response: dict[str, Any] = serve_console(event, Context())
    return response


def content(response: dict[str, Any]) -> bytes:
    body = base64.b64decode(response["body"])
    return gzip.decompress(body) if response["headers"].get("content-encoding") == "gzip" else body


def test_service_worker_is_revalidated_so_that_a_new_one_replaces_it() -> None:
    response = get("/sw.js")
    assert response["headers"]["cache-control"] == "no-cache"
    assert response["headers"]["content-type"] == "text/javascript; charset=utf-8"


@pytest.mark.parametrize("path", ["/", "/index.html"])
def test_index_is_revalidated_on_every_visit(path: str) -> None:
    response = get(path)
    assert response["statusCode"] == 200
    assert response["headers"]["cache-control"] == "no-cache"
    assert b'<div id="root">' in content(response)


def test_index_has_no_inline_script_and_no_absolute_address() -> None:
    page = content(get("/")).decode()
    assert "<script>" not in page
    assert 'src="/' not in page
    assert 'href="/' not in page


def test_index_names_every_file_that_the_parts_of_the_till_load() -> None:
    """The service worker stores what the page names: a file that is missing stops a payment without a connection."""
    page = content(get("/")).decode()
    entry = content(get(f"/{re.search(r'src="./(assets/index-[^"]+)"', page)[1]}")).decode()
    files = json.loads(re.search(r"m\.f=(\[[^]]*\])", entry)[1])
    needed = re.search(r"import\(`\./parts-[^`]*`\),__vite__mapDeps\((\[[0-9,]*\])", entry)
    loaded = {files[number] for number in json.loads(needed[1])}
    assert len(loaded) > 1
    named = set(re.findall(r'(?:src|href)="./assets/([^"]+)"', page))
    assert {name.removeprefix("./") for name in loaded} <= named


def test_file_named_after_its_content_is_cached_permanently() -> None:
    assert get(f"/{SCRIPT}")["headers"]["cache-control"] == "public, max-age=31536000, immutable"


def test_content_is_compressed_only_for_a_client_that_accepts_it() -> None:
    packed, plain = get(f"/{SCRIPT}", accept_encoding="gzip, br"), get(f"/{SCRIPT}")
    assert packed["headers"]["content-encoding"] == "gzip"
    assert "content-encoding" not in plain["headers"]
    assert content(packed) == content(plain)
    assert len(packed["body"]) < len(plain["body"])


def test_known_etag_is_answered_with_304() -> None:
    etag = get("/")["headers"]["etag"]
    assert get("/", if_none_match=etag) == {"statusCode": 304, "headers": get("/")["headers"], "body": ""}
    assert get("/", if_none_match='"other"')["statusCode"] == 200


def test_policy_allows_scripts_of_the_console_and_requests_to_the_sign_in() -> None:
    policy = get("/")["headers"]["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self';" in policy
    assert f"connect-src 'self' {SETTINGS['SIGN_IN_URL']} {SETTINGS['UPLOAD_ORIGINS']};" in policy
    assert "unsafe" not in policy


def test_configuration_is_of_the_deployment_and_never_cached() -> None:
    response = get("/config.json")
    assert response["headers"]["cache-control"] == "no-store"
    assert json.loads(response["body"]) == {
        "stack": "tillflow",
        "client_id": "client",
        "issuer": SETTINGS["ISSUER"],
        "sign_in_url": SETTINGS["SIGN_IN_URL"],
        "currency": "EUR",
        "time_zone": "Pacific/Auckland",
        "offline_limit": 20_000,
        "sends_mail": False,
        "card_providers": {"": "stripe", "berlin": "sandbox"},
    }


@pytest.mark.parametrize(
    ("path", "method", "status", "title"),
    [
        ("/api/none", "GET", 404, "NoSuchRoute"),
        ("/api/", "GET", 404, "NoSuchRoute"),
        ("/api/orders/", "GET", 404, "NoSuchRoute"),
        ("/api/orders/ord-1/none", "GET", 404, "NoSuchRoute"),
        ("/api/orders//tenders", "GET", 404, "NoSuchRoute"),
        ("/none.js", "GET", 404, "NoSuchFile"),
        ("/../handlers.py", "GET", 404, "NoSuchFile"),
        ("/assets/", "GET", 404, "NoSuchFile"),
        ("/", "POST", 405, "MethodNotAllowed"),
    ],
)
def test_anything_else_is_a_problem_document(path: str, method: str, status: int, title: str) -> None:
    response = get(path, method)
    assert response["statusCode"] == status
    assert response["headers"]["content-type"] == "application/problem+json"
    assert json.loads(response["body"])["title"] == title
    # RFC 9110 asks for the methods that are allowed.
    assert response["headers"].get("allow") == ("GET, HEAD" if status == 405 else None)


@pytest.mark.parametrize(
    ("path", "method", "allowed"),
    [
        ("/api", "POST", "GET"),
        ("/api/orders", "HEAD", "GET, POST"),
        ("/api/orders", "DELETE", "GET, POST"),
        ("/api/orders/ord-1", "PUT", "GET"),
        ("/api/orders/a%2Fb", "PUT", "GET"),
        ("/api/suppliers/sup-1", "OPTIONS", "DELETE, GET, PUT"),
        ("/api/webhooks/stripe", "GET", "POST"),
    ],
)
def test_path_of_the_api_with_another_method_names_those_that_it_has(
    path: str, method: str, allowed: str
) -> None:
    response = get(path, method)
    assert (response["statusCode"], response["headers"]["allow"]) == (405, allowed)
    assert response["headers"]["content-type"] == "application/problem+json"
    assert json.loads(response["body"])["title"] == "MethodNotAllowed"
