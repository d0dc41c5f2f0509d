"""Deliveries of a Lambda function's results, with the function's role, to the kinds of targets that Lambda has."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import botocore.session
from botocore.config import Config

from .lambda_runner import Credentials
from .settings import REGION

type Attributes = dict[str, tuple[str, str]]


class Destinations:
    """Sends to targets by their ARN. `assume` returns credentials of a role for a session name."""

    def __init__(self, endpoint_url: str, assume: Callable[[str, str], Credentials]) -> None:
        self._endpoint_url = endpoint_url
        self._assume = assume

    def send(self, function: str, role_arn: str, target: str, body: bytes, attributes: Attributes) -> None:
        """Send a body to a target. Raise ClientError, or ValueError for a target of another kind."""
        service = target.split(":")[2]
        text, values = body.decode(), {name: _value(*attribute) for name, attribute in attributes.items()}
        match service:
            case "sqs":
                sqs = self._client("sqs", function, role_arn)
                url = sqs.get_queue_url(QueueName=target.rpartition(":")[2])["QueueUrl"]
                sqs.send_message(QueueUrl=url, MessageBody=text, MessageAttributes=values)
            case "sns":
                self._client("sns", function, role_arn).publish(
                    TopicArn=target, Message=text, MessageAttributes=values
                )
            case "lambda":
                self._client("lambda", function, role_arn).invoke(
                    FunctionName=target, InvocationType="Event", Payload=body
                )
            case "s3":
                self._client("s3", function, role_arn).put_object(
                    Bucket=target.rpartition(":")[2], Key=_object_key(function), Body=body
                )
            case "events":
                self._put_event(function, role_arn, target, text)
            case _:
                raise ValueError(
                    f"A destination must be a queue, topic, function, bucket or event bus; got {target}."
                )

    def _put_event(self, function: str, role_arn: str, bus: str, text: str) -> None:
        outcome = "Success" if json.loads(text)["requestContext"]["condition"] == "Success" else "Failure"
        entry = {
            "Source": "lambda",
            "DetailType": f"Lambda Function Invocation Result - {outcome}",
            "Detail": text,
            "Resources": [bus, function],
            "EventBusName": bus,
        }
        self._client("events", function, role_arn).put_events(Entries=[entry])

    def _client(self, service: str, function: str, role_arn: str) -> Any:
        credentials = self._assume(role_arn, function.split(":")[6])
        session = botocore.session.get_session()
        session.set_credentials(
            credentials.access_key_id, credentials.secret_access_key, credentials.session_token
        )
        config = Config(retries={"total_max_attempts": 3})
        return session.create_client(
            service, region_name=REGION, endpoint_url=self._endpoint_url, config=config
        )


def _object_key(function: str) -> str:
    """Return the key of an invocation record, as in "Capturing records of Lambda asynchronous invocations"."""
    now = datetime.now(UTC)
    return f"aws/lambda/async/{function.split(':')[6]}/{now:%Y/%m/%d}/{now:%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"


def _value(kind: str, value: str) -> dict[str, str]:
    return {"DataType": kind, "StringValue": value}
