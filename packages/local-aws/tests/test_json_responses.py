"""Responses that are written by orjson have the documents that they had."""

import json
from typing import Any

import pytest
from ministack.core import responses

from local_aws.journal import ObservedDict
from local_aws.ministack.json_responses import install_json_responses


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responses, "json", responses.json)
    install_json_responses()


@pytest.mark.parametrize(
    "document",
    [
        {"Item": {"name": {"S": 'Zoë "☕" \n\u2028'}, "total": {"N": "1"}}, "Count": 1, "none": None},
        {"large": 10**30, "least": -(2**63)},
        {"number": 1.5, "small": 1e-7, "whole": 2.0, "tuple": (1, True)},
        {1: "number as name"},
        ObservedDict([("a", ObservedDict([("b", 1)]))]),
        {"half of a pair": "\ud83d"},
    ],
)
def test_document_is_that_of_json(document: Any) -> None:
    try:
        expected = json.loads(json.dumps(document, ensure_ascii=False).encode())
    except UnicodeEncodeError:
        with pytest.raises(UnicodeEncodeError):
            responses.json_response(document)
        return
    status, _, body = responses.json_response(document)
    assert (status, json.loads(body)) == (200, expected)


def test_response_is_compact() -> None:
    assert responses.json_response({"a": [1, 2], "b": {}})[2] == b'{"a":[1,2],"b":{}}'
    assert b": " not in responses.error_response_json("Code", "message", 400)[2]
