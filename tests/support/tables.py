"""Tables of the template in the DynamoDB of a test, with their indexes."""

from functools import cache
from typing import Any

from verification.harness.dynamodb import call_in_process
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


def empty(table: str) -> None:
    """Create a table with a partition and a sort key in the DynamoDB of this process; delete it first if it exists."""
    if table in call_in_process("ListTables", {})["TableNames"]:
        call_in_process("DeleteTable", {"TableName": table})
    keys = [("pk", "HASH"), ("sk", "RANGE")]
    request = {
        "TableName": table,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
        "KeySchema": [{"AttributeName": name, "KeyType": kind} for name, kind in keys],
    }
    call_in_process("CreateTable", request)
