"""Categories in the catalog table; see rows.py. A category is never deleted: what was sold names it."""

from typing import Any

from tillflow.listing import Page
from tillflow.store import Action, Item, key, put_row, read_row, unmarshal
from tillflow.versions import version_of, write_version

from catalog.errors import InvalidProduct, UnknownCategory
from catalog.models import Category, Product
from catalog.rows import CATEGORIES, category_key, member_key, read_category


class CategoryStore:
    """Categories, and which products each of them has. client: a DynamoDB client; table: the catalog's."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def put(self, category: Category, version: int | None = None) -> int:
        """Create a category, rename it, retire it or use it again; return its version. RecordChanged."""
        fields = {"name": category.name, "retired": category.retired}
        place = category_key(category.category)
        return write_version(
            self._client, self._table, place, fields, version, f"category {category.category}"
        )

    def get(self, code: str) -> tuple[Category, int]:
        """Return a category and its version; UnknownCategory."""
        row = read_row(self._client, self._table, *category_key(code))
        if not row:
            raise UnknownCategory(code)
        return read_category(row), version_of(row)

    def page(self, limit: int, after: str) -> Page[Category]:
        """Return a page of the categories in the order of their codes, after a code."""
        response = self._client.query(**members_query(self._table, CATEGORIES, limit, after))
        rows = [unmarshal(row) for row in response["Items"]]
        last = rows[-1]["sk"] if "LastEvaluatedKey" in response else None
        return Page([read_category(row) for row in rows], last)

    def membership(self, product: Product, before: Item) -> list[Action]:
        """Return the actions that list a product in its category, and no longer in that of the row before.

        A category that the product moves into must exist and not be retired: InvalidProduct. One that it has stays.
        """
        old = before.get("category", "")
        actions: list[Action] = []
        if product.category and product.category != old:
            actions.append(self._check_in_use(product.category))
        if old and old != product.category:
            request = {"TableName": self._table, "Key": key(*member_key(old, product.sku))}
            actions.append(Action("Delete", request))
        if product.category:
            pk, sk = member_key(product.category, product.sku)
            actions.append(put_row(self._table, {"pk": pk, "sk": sk}))
        return actions

    def _check_in_use(self, code: str) -> Action:
        request = {
            "TableName": self._table,
            "Key": key(*category_key(code)),
            "ConditionExpression": "retired = :no",
            "ExpressionAttributeValues": {":no": {"BOOL": False}},
        }
        return Action(
            "ConditionCheck",
            request,
            lambda _: InvalidProduct("category", code, "a category that exists and is not retired"),
        )


def members_query(table: str, partition: str, limit: int, after: str) -> dict[str, Any]:
    """Return the query for up to `limit` rows of a list after a sort key."""
    return {
        "TableName": table,
        "KeyConditionExpression": "pk = :pk AND sk > :after",
        "ExpressionAttributeValues": {":pk": {"S": partition}, ":after": {"S": after or " "}},
        "Limit": limit,
    }
