"""The DynamoDB of the local AWS in this process, called without HTTP.

A botocore client validates and serialises its request as usual; the request is then passed to the module that serves
DynamoDB in the local AWS, without signing, sending and retrying. About ten times as fast as moto.
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
    """The tables of the template. `save` and `restore` handle their whole content.

    Each function of `before` is called before each request with its operation and parameters; it may raise, make
    other requests, or change the parameters. Each of `after` is called with the response of a request that succeeded.
    """

    def __init__(self, dynamodb: Any, template: Template) -> None:
        self._dynamodb = dynamodb
        self.before: list[Callable[[str, dict[str, Any]], None]] = []
        self.after: list[Callable[[str, dict[str, Any], dict[str, Any]], None]] = []
        self._template = template
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
        return bytes(self._dynamodb.save_items(self._names))

    def restore(self, saved: bytes) -> None:
        self._dynamodb.restore_items(saved)

    def items_by_key(self, table: str) -> dict[tuple[str, str], dict[str, Any]]:
        """Return the items of a table in DynamoDB's JSON, by partition and sort key."""
        return {(item["pk"]["S"], item["sk"]["S"]): dict(item) for item in self._dynamodb.items(table)}

    def indexes(self, table: str) -> Iterator[tuple[str, str, frozenset[str] | None]]:
        """Yield the partition key and the sort key of each index, and its attributes besides keys, None for all.

        An index without a sort key has the table's partition key, which every item has and no change alters.
        """
        for index in self._template.tables[table].get("GlobalSecondaryIndexes", ()):
            keys = {key["KeyType"]: key["AttributeName"] for key in index["KeySchema"]}
            projection = index["Projection"]
            included = frozenset(projection.get("NonKeyAttributes", ()))
            yield (
                keys["HASH"],
                keys.get("RANGE", "pk"),
                None if projection["ProjectionType"] == "ALL" else included,
            )

    def snapshot(self, running: frozenset[str] = frozenset()) -> Snapshot:
        """Return the content of all tables as the invariants read it."""
        return Snapshot(
            {name: [unmarshal(item) for item in self._dynamodb.items(name)] for name in TABLES},
            running,
        )


@contextmanager
def local_dynamodb(template: Template) -> Iterator[Tables]:
    """Put empty tables of the template behind `client("dynamodb")` of this process.

    A nested one has tables of its own and restores the outer ones when it ends.
    """
    before = dict(os.environ)
    os.environ.update(ENVIRONMENT)
    os.environ.pop("AWS_ENDPOINT_URL", None)
    from local_aws.ministack.dynamodb import in_process as dynamodb

    boto = client("dynamodb")
    outer_call = vars(boto).get("_make_api_call")

    def call(operation: str, params: dict[str, Any]) -> dict[str, Any]:
        for interposed in tables.before if tables else ():
            interposed(operation, params)
        response = call_in_process(boto, operation, params)
        for observe in tables.after if tables else ():
            observe(operation, params, response)
        return response

    tables: Tables | None = None
    boto._make_api_call = call
    try:
        with dynamodb.separate_tables():
            tables = Tables(dynamodb, template)
            yield tables
    finally:
        del boto._make_api_call
        if outer_call:
            boto._make_api_call = outer_call
        os.environ.clear()
        os.environ.update(before)


def call_in_process(boto: Any, operation: str, params: dict[str, Any]) -> dict[str, Any]:
    """Return the response to an operation of a botocore client, served in this process; raise as the client does."""
    from local_aws.ministack.dynamodb import in_process as dynamodb

    model = boto.meta.service_model.operation_model(operation)
    serialised = boto._serializer.serialize_to_request(params, model)
    status, _, body = dynamodb.request_at_once(operation, serialised["body"])
    response = _parsed(status, json.loads(body))
    if "Error" in response:
        raise boto.exceptions.from_code(response["Error"]["Code"])(response, operation)
    return response


def _parsed(status: int, body: dict[str, Any]) -> dict[str, Any]:
    """Return the response as botocore parses it."""
    metadata = {"HTTPStatusCode": status, "RequestId": "proof", "HTTPHeaders": {}, "RetryAttempts": 0}
    if status < 300:
        return {**body, "ResponseMetadata": metadata}
    code = body.pop("__type", "Unknown").rpartition("#")[2]
    message = body.pop("message", body.pop("Message", ""))
    return {**body, "Error": {"Code": code, "Message": message}, "ResponseMetadata": metadata}
