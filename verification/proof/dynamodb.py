"""The local AWS's DynamoDB in this process: the module that answers for it there, called without HTTP.

A botocore client validates and serialises its request as ever; then the request is handed over and the
answer taken back, without signing, sending and retrying. Some ten times as fast as moto, and the very code
that the live local stack runs.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tillflow.aws import client
from tillflow.store import unmarshal

from audit import Snapshot
from audit.snapshot import TABLES
from verification.harness.template import ENVIRONMENT, Template


class Tables:
    """The template's tables. `save` and `restore` take the whole content back to a moment.

    `before` is called before each request with its operation and parameters; it may raise, make requests of
    its own, or change the parameters.
    """

    def __init__(self, dynamodb: Any, template: Template) -> None:
        self._dynamodb = dynamodb
        self.before: list[Callable[[str, dict[str, Any]], None]] = []
        for name, properties in template.tables.items():
            indexes = {k: v for k, v in properties.items() if k == "GlobalSecondaryIndexes"}
            client("dynamodb").create_table(
                TableName=name,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=properties["AttributeDefinitions"],
                KeySchema=properties["KeySchema"],
                **indexes,
            )
        self._names = list(template.tables)

    def save(self) -> bytes:
        return self._dynamodb.save_items(self._names)

    def restore(self, saved: bytes) -> None:
        self._dynamodb.restore_items(saved)

    def snapshot(self, running: frozenset[str] = frozenset()) -> Snapshot:
        """Everything there is, as the invariants look at it."""
        return Snapshot(
            {name: [unmarshal(item) for item in self._dynamodb.items(name)] for name in TABLES},
            running,
        )


@contextmanager
def local_dynamodb(template: Template) -> Iterator[Tables]:
    """The template's tables, empty, behind `client("dynamodb")` of this process.

    One within another gets tables of its own, and gives the other's back when it ends.
    """
    before = dict(os.environ)
    os.environ.update(ENVIRONMENT)
    os.environ.pop("AWS_ENDPOINT_URL", None)
    from local_aws.ministack import in_process as dynamodb

    boto = client("dynamodb")
    called_before = vars(boto).get("_make_api_call")
    operations = boto.meta.service_model

    def call(operation: str, params: dict[str, Any]) -> dict[str, Any]:
        for interposed in tables.before if tables else ():
            interposed(operation, params)
        serialised = boto._serializer.serialize_to_request(params, operations.operation_model(operation))
        status, _, body = dynamodb.request_at_once(operation, serialised["body"])
        answer = _parsed(status, json.loads(body))
        if "Error" in answer:
            raise boto.exceptions.from_code(answer["Error"]["Code"])(answer, operation)
        return answer

    tables: Tables | None = None
    boto._make_api_call = call
    try:
        with dynamodb.separate_tables():
            tables = Tables(dynamodb, template)
            yield tables
    finally:
        del boto._make_api_call
        if called_before:
            boto._make_api_call = called_before
        os.environ.clear()
        os.environ.update(before)


def _parsed(status: int, body: dict[str, Any]) -> dict[str, Any]:
    """The answer as botocore's parser gives it."""
    metadata = {"HTTPStatusCode": status, "RequestId": "proof", "HTTPHeaders": {}, "RetryAttempts": 0}
    if status < 300:
        return {**body, "ResponseMetadata": metadata}
    code = body.pop("__type", "Unknown").rpartition("#")[2]
    message = body.pop("message", body.pop("Message", ""))
    return {**body, "Error": {"Code": code, "Message": message}, "ResponseMetadata": metadata}
