"""Clients: one per process, and time-outs that nest inside the Lambda's."""

import json

import botocore.session
import pytest
from botocore.parsers import ResponseParserFactory
from tillflow.aws import ParserFactory, client

LAMBDA_TIMEOUT_SECONDS = 10


def test_a_client_gives_up_before_its_lambda_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    config = client("dynamodb").meta.config
    tries = config.retries["total_max_attempts"]
    assert tries * (config.connect_timeout + config.read_timeout) < LAMBDA_TIMEOUT_SECONDS


def test_a_process_makes_a_client_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    assert client("dynamodb") is client("dynamodb")


def test_rows_are_parsed_as_by_botocore_without_a_copy_of_each_value() -> None:
    row = {
        "pk": {"S": "ORDER#1"},
        "none": {"NULL": True},
        "lines": {"L": [{"M": {"sku": {"S": "TEA"}, "quantity": {"N": "2"}, "paid": {"BOOL": False}}}]},
    }
    content = {"Items": [row], "Count": 1, "LastEvaluatedKey": {"pk": {"S": "ORDER#1"}}}
    response = {"status_code": 200, "headers": {}, "body": json.dumps(content).encode()}
    shape = botocore.session.get_session().get_service_model("dynamodb").operation_model("Query").output_shape
    expected, parsed = (
        factory.create_parser("json").parse(dict(response), shape)
        for factory in (ResponseParserFactory(), ParserFactory())
    )
    assert parsed == expected
    binary = dict(response, body=json.dumps({"Items": [{"pk": {"B": "AA=="}}]}).encode())
    assert ParserFactory().create_parser("json").parse(binary, shape)["Items"] == [{"pk": {"B": "AA=="}}]
