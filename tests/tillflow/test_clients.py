"""Clients: one per process, and time-outs that nest inside the Lambda's."""

import pytest
from tillflow.aws import client

LAMBDA_TIMEOUT_SECONDS = 10


def test_a_client_gives_up_before_its_lambda_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    config = client("dynamodb").meta.config
    tries = config.retries["total_max_attempts"]
    assert tries * (config.connect_timeout + config.read_timeout) < LAMBDA_TIMEOUT_SECONDS


def test_a_process_makes_a_client_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    assert client("dynamodb") is client("dynamodb")
