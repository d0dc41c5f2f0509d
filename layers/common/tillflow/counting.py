"""Count an event once, whatever it adds to and however often it is delivered.

EVENT#<event id>  COUNTED#<part>  marker: this part of the event was counted; digest of what it adds
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from itertools import batched
from typing import Any

from tillflow.errors import IdempotencyConflict
from tillflow.store import (
    ACTIONS_PER_TRANSACTION,
    Action,
    AlreadyApplied,
    Item,
    put_new,
    retry_on_conflict,
    transact,
)


def count_once(
    client: Any,
    table: str,
    event_id: str,
    counted: tuple[str, str],
    additions: Iterable[Action],
    fields: Callable[[int], Item],
) -> None:
    """Apply the additions of an event in transactions of as many as fit next to a marker, once per event id.

    counted: what is counted, such as "sales", and its digest; fields: more attributes of the marker of a part.
    IdempotencyConflict if the event was counted with another digest.
    """
    what, digest = counted

    def stored(marker: Item) -> Exception:
        if marker["digest"] == digest:
            return AlreadyApplied(None)
        return IdempotencyConflict(f"event {event_id}", {what: marker["digest"]}, {what: digest})

    for number, part in enumerate(batched(additions, ACTIONS_PER_TRANSACTION - 1, strict=False)):
        row = {"pk": f"EVENT#{event_id}", "sk": f"COUNTED#{number}", "digest": digest, **fields(number)}
        actions = [put_new(table, row, stored), *part]
        with suppress(AlreadyApplied):
            retry_on_conflict(partial(transact, client, actions, f"counting {event_id}"))
