"""Clients: one per process, and timeouts that nest inside the Lambda's."""

import pytest
from botocore.client import BaseClient
from tillflow.aws import client
from tillflow.dynamodb import ATTEMPTS, CONNECT_SECONDS, READ_SECONDS, DynamoDB

LAMBDA_TIMEOUT_SECONDS = 10


@pytest.fixture(autouse=True)
def region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")


def test_a_client_gives_up_before_its_lambda_does() -> None:
    config = client("stepfunctions").meta.config
    assert (config.connect_timeout, config.read_timeout) == (CONNECT_SECONDS, READ_SECONDS)
    assert config.retries["total_max_attempts"] == ATTEMPTS
    assert ATTEMPTS * (CONNECT_SECONDS + READ_SECONDS) < LAMBDA_TIMEOUT_SECONDS


@pytest.mark.parametrize("service", ["dynamodb", "stepfunctions"])
def test_a_process_makes_a_client_once(service: str) -> None:
    assert client(service) is client(service)


def test_dynamodb_of_a_restored_function_has_the_client_that_reads_its_credentials(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert isinstance(client.__wrapped__("dynamodb"), DynamoDB)
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")
    assert isinstance(client.__wrapped__("dynamodb"), BaseClient)
