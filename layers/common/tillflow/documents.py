"""Business documents that rules change, such as a purchase order: read it, let a rule make the next, and write that
if nobody wrote in between.

A document is a row ``{pk: <prefix><id>, sk, <id name>, status, version, document, …}``. One that was cancelled before
it was opened is a row without a document: a tombstone, which refuses the opening.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from tillflow.errors import OrderClosed, StoreContention
from tillflow.store import (
    Action,
    AlreadyDone,
    Item,
    marker,
    marshal,
    read_rows,
    through_contention,
    transact,
    unmarshal,
)


@dataclass(frozen=True)
class Kind[D: BaseModel]:
    """A kind of document. `columns` picks what its row shows besides; `unknown` makes the error for an id that
    there is none of."""

    model: type[D]
    prefix: str
    sort_key: str
    id_name: str
    columns: Callable[[D], Item]
    unknown: Callable[[str], Exception]

    def place(self, name: str) -> tuple[str, str]:
        return f"{self.prefix}{name}", self.sort_key

    def read(self, row: Item) -> D | None:
        """The document in a row; None for no row, and for a tombstone."""
        return self.model.model_validate_json(row["document"]) if "document" in row else None

    def row(self, document: D, version: int) -> Item:
        name = getattr(document, self.id_name)
        shown = self.columns(document)
        return self.bare(name) | shown | {"version": version, "document": document.model_dump_json()}

    def bare(self, name: str) -> Item:
        pk, sk = self.place(name)
        return {"pk": pk, "sk": sk, self.id_name: name}


class Documents[D: BaseModel]:
    """The documents of one kind on a DynamoDB table. `client` is a low-level DynamoDB client."""

    def __init__(self, client: Any, table: str, kind: Kind[D]) -> None:
        self._client = client
        self._table = table
        self._kind = kind

    def open(self, document: D) -> D:
        """Write a new document; the one there is when it was opened before. OrderClosed for a tombstone."""
        name = getattr(document, self._kind.id_name)
        put = self._put(self._kind.row(document, 1), "attribute_not_exists(pk)", {}, AlreadyDone)
        try:
            through_contention(lambda: transact(self._client, [put], f"opening {name}"))
        except AlreadyDone as done:
            first = self._kind.read(done.answer)
            if first is None:
                raise OrderClosed(name, "open") from None
            return first
        return document

    def get(self, name: str) -> D:
        """The document; the kind's `unknown` error."""
        return self._read(name)[0]

    def many(self, names: Iterable[str]) -> list[D]:
        """Those of these ids that there are."""
        rows = read_rows(self._client, self._table, [self._kind.place(name) for name in names])
        return [document for row in rows.values() if (document := self._kind.read(row))]

    def every(self) -> Iterator[D]:
        """Every document. Reads the whole table: for people, not for workflows."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table,
            FilterExpression="sk = :kind",
            ExpressionAttributeValues=marshal({":kind": self._kind.sort_key}),
        )
        for page in pages:
            for row in page["Items"]:
                if document := self._kind.read(unmarshal(row)):
                    yield document

    def change(
        self,
        name: str,
        rule: Callable[[D], D],
        also: Callable[[D, D], Iterable[Action]] = lambda before, after: (),
        step: str = "",
    ) -> D:
        """The document after a rule changed it, written with what belongs to the change.

        With a `step` the rule runs once: a second delivery finds its marker and gets the document as it is. A rule
        without one gives a document it has changed before back as it is.
        """
        return through_contention(lambda: self._change(name, rule, also, step))

    def entomb(self, name: str, columns: Item) -> None:
        """Refuse the opening of a document that there is none of. StoreContention when by now there is one."""
        row = self._kind.bare(name) | columns | {"version": 0}
        what = f"closing {name}"
        late = self._put(
            row, "attribute_not_exists(pk) OR version = :none", {":none": 0}, lambda _: StoreContention(what)
        )
        transact(self._client, [late], what)

    def _change(
        self, name: str, rule: Callable[[D], D], also: Callable[[D, D], Iterable[Action]], step: str
    ) -> D:
        before, version = self._read(name)
        # Looked for after the document was read: a step that the document shows has its marker by now.
        if step and self._is_done(name, step):
            return self.get(name)
        after = rule(before)
        if after == before:
            return before
        what = f"changing {name}"
        write = self._put(
            self._kind.row(after, version + 1),
            "version = :version",
            {":version": version},
            lambda _: StoreContention(what),
        )
        marked = [marker(self._table, name, step, None)] if step else []
        try:
            transact(self._client, [*marked, write, *also(before, after)], what)
        except AlreadyDone:
            return self.get(name)
        return after

    def _is_done(self, name: str, step: str) -> bool:
        place = (f"ORDER#{name}", f"STEP#{step}#0")
        return place in read_rows(self._client, self._table, [place])

    def _read(self, name: str) -> tuple[D, int]:
        place = self._kind.place(name)
        row = read_rows(self._client, self._table, [place]).get(place, {})
        document = self._kind.read(row)
        if document is None:
            raise self._kind.unknown(name)
        return document, int(row["version"])

    def _put(self, row: Item, condition: str, values: Item, refused: Callable[[Item], Exception]) -> Action:
        request: dict[str, Any] = {
            "TableName": self._table,
            "Item": marshal(row),
            "ConditionExpression": condition,
        }
        if values:
            request["ExpressionAttributeValues"] = marshal(values)
        return Action("Put", request, refused)
