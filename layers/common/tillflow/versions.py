"""Records with a version: an update names the one that it read, so that no change is lost.

A row counts its changes in an attribute. A row without it, or none, is at version 0.
"""

from collections.abc import Mapping
from typing import Any

from tillflow.errors import RecordChanged
from tillflow.store import Action, Item, key, marshal, write

VERSION = "version"


def version_of(row: Item, counter: str = VERSION) -> int:
    """Return the version of a row."""
    return int(row.get(counter, 0))


def write_version(
    client: Any,
    table: str,
    place: tuple[str, str],
    fields: Mapping[str, Any],
    version: int | None,
    subject: str,
    counter: str = VERSION,
) -> int:
    """Set attributes of a row and return its new version. RecordChanged unless it is at `version`; None for any.

    StoreContention when a transaction holds the row.
    place: pk and sk; subject: what the row is, for the message; counter: the attribute of the version, for a row
    that holds several records.
    """
    names = {f"#{number}": name for number, name in enumerate(fields)}
    values = {f":{number}": value for number, value in enumerate(fields.values())}
    assignments = ", ".join(f"#{number} = :{number}" for number in range(len(fields)))
    request: dict[str, Any] = {
        "TableName": table,
        "Key": key(*place),
        "UpdateExpression": f"SET {assignments} ADD #counter :one",
        "ExpressionAttributeNames": {**names, "#counter": counter},
        "ReturnValues": "UPDATED_NEW",
    }
    if version is not None:
        request["ConditionExpression"] = _condition(version)
        values |= {":version": version} if version else {}
    request["ExpressionAttributeValues"] = marshal({**values, ":one": 1})
    changed = None if version is None else lambda _: RecordChanged(subject, version)
    response = write(client, Action("Update", request, changed), f"writing {subject}")
    return int(response["Attributes"][counter]["N"])


def _condition(version: int) -> str:
    return "#counter = :version" if version else "attribute_not_exists(#counter)"
