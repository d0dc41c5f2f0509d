"""The engine's web page over HTTP, and the self-contained page of one execution."""

import base64
import gzip
import http.client
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import urljoin

import pytest

from stepfunctions_local.web import execution_page

from .test_server import port  # noqa: F401 - the server of these tests


@pytest.fixture
def connection(port: int) -> Iterator[http.client.HTTPConnection]:  # noqa: F811
    opened = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    yield opened
    opened.close()


def get(connection: http.client.HTTPConnection, path: str) -> tuple[http.client.HTTPResponse, str]:
    connection.request("GET", path)
    response = connection.getresponse()
    return response, response.read().decode()


def test_page_loads_only_its_own_script(connection: http.client.HTTPConnection) -> None:
    page, text = get(connection, "/")
    assert page.status == 200
    assert (page.getheader("Content-Type") or "").startswith("text/html")
    assert "script-src 'self'" in (page.getheader("Content-Security-Policy") or "")
    for source in re.findall(r'src="([^"]+)"', text):
        script, body = get(connection, urljoin("/", source))
        assert script.status == 200
        assert (script.getheader("Content-Type") or "").startswith("text/javascript")
        assert "execution-inspector" in body


def test_health_stays_json_and_other_paths_are_not_found(connection: http.client.HTTPConnection) -> None:
    assert json.loads(get(connection, "/health")[1]) == {"service": "stepfunctions", "status": "running"}
    assert get(connection, "/nothing")[0].status == 404


def test_execution_page_carries_its_data_and_runs_only_its_own_script() -> None:
    execution = {
        "executionArn": "arn",
        "name": "<b>one</b>",
        "status": "SUCCEEDED",
        "startDate": datetime(2026, 1, 1, tzinfo=UTC),
    }
    page = execution_page(
        {"StartAt": "A", "States": {}}, execution, [{"id": 1, "note": "</script><script>alert(1)"}]
    )
    assert "<b>one</b>" not in page
    packed = re.search(r'id="data">([^<]*)<', page)
    assert packed is not None
    data = json.loads(gzip.decompress(base64.b64decode(packed[1])))
    assert data["execution"]["startDate"] == "2026-01-01T00:00:00+00:00"
    script = re.search(r"<script>(.*)</script>", page, re.DOTALL)
    assert script is not None
    digest = base64.b64encode(sha256(script[1].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page
    assert "</script" not in script[1]
