"""SQS in the journal: queues and their messages, one entry for each message.

MiniStack reads the messages of a queue, computes those that remain, and stores them as the new ones, on the event loop
and on threads of event source mappings, while other threads send: a message sent in between would be lost. Here every
change of messages holds one lock.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import Any

from ministack.core.responses import AccountRegionScopedDict
from ministack.services import eventbridge, sqs

from ...journal import Journal, ObservedDict, ObservedList, RecordWithList
from ..locks import locked

type State = dict[str, Any]
type QueueKey = tuple[str, str, str]

_MESSAGES = "sqs/messages"

# What ReceiveMessage calls between its waits: it cannot hold the lock while it waits for messages.
_STEPS_OF_RECEIVE = ("_expire_retained", "_dlq_sweep", "_collect_msgs")


class _Message(dict[str, Any]):
    """A message that writes itself to the journal when it changes in place."""

    __slots__ = ("_messages", "_number")

    def __init__(self, messages: ObservedList, number: int, values: dict[str, Any]) -> None:
        super().__init__(values)
        self._messages, self._number = messages, number

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        self._messages.touch(self._number, self)

    def setdefault(self, name: str, default: Any = None) -> Any:
        if name not in self:
            self[name] = default
        return self[name]

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)


def metadata() -> State:
    """Return SQS's state without messages. Queues have their name in the place of the URL, which has a port."""
    queues = AccountRegionScopedDict()
    for (account, region, url), queue in list(sqs._queues._data.items()):
        values = {name: value for name, value in queue.items() if name not in ("messages", "url")}
        queues._data[account, region, _name(url)] = values
    return {"queues": queues}


def add_messages(journal: Journal, state: State) -> None:
    """Add the stored messages and the URLs of the current port to the queues of a stored state."""
    stored: dict[QueueKey, list[tuple[int, Any]]] = defaultdict(list)
    for entry in journal.load(_MESSAGES):
        stored[entry.owner].append((entry.key, entry.value))  # type: ignore[index, arg-type]
    queues = AccountRegionScopedDict()
    for key, values in state["queues"]._data.items():
        account, region, name = key
        url = sqs._queue_url_for_account(account, name)
        messages = ObservedList(journal, _MESSAGES, key, stored[key], wrap=_Message, lock=sqs._queues_lock)
        queues._data[account, region, url] = RecordWithList(values | {"url": url}, "messages", messages)
    state["queues"] = queues


def install_message_lock() -> None:
    """Make the changes of each operation at once. Call it before others replace the operations."""
    lock = sqs._queues_lock = threading.RLock()
    for name in _STEPS_OF_RECEIVE:
        setattr(sqs, name, locked(lock, getattr(sqs, name)))
    for action, handler in sqs._HANDLERS.items():
        if action != "ReceiveMessage":
            sqs._HANDLERS[action] = locked(lock, handler)
    eventbridge._dispatch_to_sqs = locked(lock, eventbridge._dispatch_to_sqs)


def install_messages(journal: Journal) -> None:
    """Write every change of a message to the journal."""
    lock = sqs._queues_lock

    def observed(key: QueueKey, queue: dict[str, Any]) -> RecordWithList:
        if isinstance(queue, RecordWithList):
            return queue
        account, region, url = key
        messages = ObservedList(journal, _MESSAGES, (account, region, _name(url)), wrap=_Message, lock=lock)
        messages.extend(queue["messages"])
        return RecordWithList(queue, "messages", messages)

    def delete(key: QueueKey, _: RecordWithList) -> None:
        account, region, url = key
        journal.delete_owner(_MESSAGES, (account, region, _name(url)))

    sqs._queues._data = ObservedDict(convert=observed, on_delete=delete)
    receive, delete_received = sqs._receive_messages_for_esm, sqs._delete_messages_for_esm

    def receive_in_group(queue_url: str, limit: int) -> Any:
        # Every write to a table with a stream makes MiniStack look into every queue with a consumer.
        queue = sqs._queues.get(queue_url)
        if queue is not None and not queue["messages"]:
            return []
        with journal.group():
            return receive(queue_url, limit)

    def delete_in_group(queue_url: str, receipt_handles: set[str]) -> None:
        with journal.group():
            delete_received(queue_url, receipt_handles)

    sqs._receive_messages_for_esm = receive_in_group
    sqs._delete_messages_for_esm = delete_in_group


def _name(url: str) -> str:
    return url.rpartition("/")[2]
