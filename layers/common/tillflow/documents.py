"""Business documents stored as one versioned row each, such as a purchase order.

A rule computes the next document from the stored one; it is written with optimistic locking. The row is
``{pk: <prefix><id>, sk, <id name>, status, version, document, …}``. A row without a document is a tombstone: the
document was cancelled before it was created, and creating it is refused.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from tillflow.errors import DocumentTooLarge, OrderClosed, StoreContention
from tillflow.fields import MAX_DOCUMENT_BYTES
from tillflow.store import (
    Action,
    AlreadyApplied,
    Item,
    Marker,
    marshal,
    put_new,
    put_row,
    read_rows,
    retry_on_conflict,
    transact,
    write,
)


@dataclass(frozen=True)
class DocumentType[D: BaseModel]:
    """The mapping of a document to its row.

    `columns` returns the row's further attributes; `not_found` returns the error for an unknown id.
    """

    model: type[D]
    prefix: str
    sort_key: str
    id_name: str
    columns: Callable[[D], Item]
    not_found: Callable[[str], Exception]

    def key(self, document_id: str) -> tuple[str, str]:
        """Return the partition and sort key of a document's row."""
        return f"{self.prefix}{document_id}", self.sort_key

    def read(self, row: Item) -> D | None:
        """Return the document of a row; None for a missing row and for a tombstone."""
        return self.model.model_validate_json(row["document"]) if "document" in row else None

    def row(self, document: D, version: int) -> Item:
        """Return the row of a document; DocumentTooLarge if DynamoDB would refuse it."""
        document_id = getattr(document, self.id_name)
        text = document.model_dump_json()
        if len(text.encode()) > MAX_DOCUMENT_BYTES:
            raise DocumentTooLarge(document_id, len(text.encode()), MAX_DOCUMENT_BYTES)
        return self.identity(document_id) | self.columns(document) | {"version": version, "document": text}

    def identity(self, document_id: str) -> Item:
        """Return the attributes that every row of the document has, a tombstone's too."""
        pk, sk = self.key(document_id)
        return {"pk": pk, "sk": sk, self.id_name: document_id}


class Documents[D: BaseModel]:
    """The documents of one type on a DynamoDB table. `client` is a low-level DynamoDB client."""

    def __init__(self, client: Any, table: str, document_type: DocumentType[D]) -> None:
        self._client = client
        self._table = table
        self._type = document_type

    def create(self, document: D, also: Sequence[Action] = ()) -> D:
        """Write a new document, or return the stored one of the same id. OrderClosed for a tombstone.

        also: further actions of the same transaction.
        """
        document_id = getattr(document, self._type.id_name)
        put = put_new(self._table, self._type.row(document, 1), AlreadyApplied)
        try:
            retry_on_conflict(lambda: transact(self._client, [put, *also], f"creating {document_id}"))
        except AlreadyApplied as applied:
            stored = self._type.read(applied.result)
            if stored is None:
                raise OrderClosed(document_id, "open") from None
            return stored
        return document

    def get(self, document_id: str) -> D:
        """Return the document; the type's `not_found` error when there is none."""
        return self._read(document_id)[0]

    def get_many(self, document_ids: Iterable[str]) -> list[D]:
        """Return the documents that exist of these ids."""
        keys = [self._type.key(document_id) for document_id in document_ids]
        rows = read_rows(self._client, self._table, keys)
        return [document for row in rows.values() if (document := self._type.read(row))]

    def update(
        self,
        document_id: str,
        rule: Callable[[D], D],
        also: Callable[[D, D], Iterable[Action]] = lambda before, after: (),
        step: str = "",
        request: Item | None = None,
    ) -> D:
        """Apply a rule to the stored document and return the result.

        `also` returns further actions of the same transaction. With a `step` the rule is applied once: a second
        delivery finds the step's marker and returns the stored document; IdempotencyConflict when its `request`
        differs. A rule without a step must return a document that it changed before unchanged.
        """
        pk, _ = self._type.key(document_id)
        marker = Marker(pk, step, request=request) if step else None
        return retry_on_conflict(lambda: self._update(document_id, rule, also, marker))

    def write_tombstone(self, document_id: str, columns: Item) -> None:
        """Refuse the creation of a document that does not exist. StoreContention when it exists by now."""
        row = self._type.identity(document_id) | columns | {"version": 0}
        what = f"closing {document_id}"
        put = put_row(
            self._table,
            row,
            lambda _: StoreContention(what),
            ConditionExpression="attribute_not_exists(pk) OR version = :none",
            ExpressionAttributeValues=marshal({":none": 0}),
        )
        write(self._client, put, what)

    def _update(
        self,
        document_id: str,
        rule: Callable[[D], D],
        also: Callable[[D, D], Iterable[Action]],
        marker: Marker | None,
    ) -> D:
        before, version = self._read(document_id)
        # Read after the document: a step that the document includes has its marker by then.
        if marker and self._is_applied(marker):
            return self.get(document_id)
        after = rule(before)
        if after == before:
            return before
        what = f"updating {document_id}"
        put = put_row(
            self._table,
            self._type.row(after, version + 1),
            lambda _: StoreContention(what),
            ConditionExpression="version = :version",
            ExpressionAttributeValues=marshal({":version": version}),
        )
        markers = [marker.put(self._table, None)] if marker else []
        try:
            transact(self._client, [*markers, put, *also(before, after)], what)
        except AlreadyApplied:
            return self.get(document_id)
        return after

    def _is_applied(self, marker: Marker) -> bool:
        row = read_rows(self._client, self._table, [marker.key]).get(marker.key)
        if row is not None:
            marker.result(row)
        return row is not None

    def _read(self, document_id: str) -> tuple[D, int]:
        key = self._type.key(document_id)
        row = read_rows(self._client, self._table, [key]).get(key, {})
        document = self._type.read(row)
        if document is None:
            raise self._type.not_found(document_id)
        return document, int(row["version"])
