"""Tables of the template in the DynamoDB of a test, with their indexes."""

from functools import cache
from typing import Any

from verification.harness.template import Template


@cache
def _tables() -> dict[str, Any]:
    return Template.read().tables


def create_table(dynamodb: Any, name: str, table: str = "") -> str:
    """Create a table of the template by its logical id, which is its name unless `table` is; return the name."""
    properties = _tables()[name]
    dynamodb.create_table(
        TableName=table or name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=properties["AttributeDefinitions"],
        KeySchema=properties["KeySchema"],
        GlobalSecondaryIndexes=properties["GlobalSecondaryIndexes"],
    )
    return table or name


def empty(dynamodb: Any, table: str) -> None:
    """Create a table with a partition and a sort key; delete it first if it exists."""
    if table in dynamodb.list_tables()["TableNames"]:
        dynamodb.delete_table(TableName=table)
    keys = [("pk", "HASH"), ("sk", "RANGE")]
    dynamodb.create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
    )
