"""Queues: what their consumers look into, and messages that threads send, receive and delete at the same time."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ministack.core.arn import parse_arn
from ministack.services import eventbridge, sqs

from local_aws.journal import Journal
from local_aws.ministack.scope import default_scope
from local_aws.ministack.sqs.message_checks import install_message_checks
from local_aws.ministack.sqs.queue_checks import install_queue_checks
from local_aws.ministack.sqs.queues import install_message_lock, install_messages

URL = "http://127.0.0.1/000000000000/paid"
_MESSAGES = 300
_REPLACED = (
    "_queues_lock", "_receive_messages_for_esm", "_delete_messages_for_esm", "_expire_retained", "_dlq_sweep",
    "_collect_msgs", "_act_send_message", "_validate_batch_entries",
)  # fmt: skip

type Consume = Callable[[str], list[str]]


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Journal]:
    for name in _REPLACED:
        monkeypatch.setattr(sqs, name, getattr(sqs, name))
    for name, handler in sqs._HANDLERS.items():
        monkeypatch.setitem(sqs._HANDLERS, name, handler)
    monkeypatch.setattr(eventbridge, "_dispatch_to_sqs", eventbridge._dispatch_to_sqs)
    for store in (sqs._queues, sqs._queue_name_to_url):
        monkeypatch.setattr(store, "_data", {})
    install_message_lock()
    install_message_checks()
    install_queue_checks()
    journal = Journal(tmp_path / "journal")
    install_messages(journal)
    yield journal
    journal.close()


@pytest.fixture
def queue(journal: Journal) -> dict[str, Any]:
    """Return a queue without messages."""
    with default_scope():
        attributes = {"VisibilityTimeout": "30", "MessageRetentionPeriod": "345600"}
        sqs._queues[URL] = {"messages": [], "is_fifo": False, "attributes": attributes}
        return dict(sqs._queues)[URL]


@pytest.fixture
def many_switches() -> Iterator[None]:
    """Let threads run in turns of a microsecond, so that each meets the others in all of its steps."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def test_consumer_receives_a_message_as_soon_as_it_is_sent(queue: dict[str, Any]) -> None:
    with default_scope():
        assert sqs._receive_messages_for_esm(URL, 10) == []
        queue["messages"].append(
            {
                "id": "m1",
                "body": "paid",
                "sent_at": 0,
                "enqueued_at": 1e12,
                "visible_at": 0,
                "receive_count": 0,
            }
        )
        [message] = sqs._receive_messages_for_esm(URL, 10)
        assert (message["id"], message["receive_count"]) == ("m1", 1)
        assert sqs._receive_messages_for_esm(URL, 10) == []


def test_empty_queue_is_not_searched(queue: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqs, "_get_q", None)
    with default_scope():
        assert sqs._receive_messages_for_esm(URL, 10) == []


def _request(action: str, url: str, **fields: Any) -> Any:
    return asyncio.run(sqs._dispatch(action, fields, url))


def _create_queue(name: str, **attributes: str) -> tuple[str, str]:
    url = _request("CreateQueue", "", QueueName=name, Attributes=attributes)["QueueUrl"]
    return url, sqs._queues[url]["attributes"]["QueueArn"]


def _consume_as_mapping(url: str) -> list[str]:
    messages = sqs._receive_messages_for_esm(url, 10)
    sqs._delete_messages_for_esm(url, {message["receipt_handle"] for message in messages})
    return [message["body"] for message in messages]


def _consume_by_requests(url: str) -> list[str]:
    received = _request("ReceiveMessage", url, MaxNumberOfMessages=10)
    bodies = []
    for message in received.get("Messages", ()):
        _request("DeleteMessage", url, ReceiptHandle=message["ReceiptHandle"])
        bodies.append(message["Body"])
    return bodies


def _publish(arn: str, body: str) -> None:
    eventbridge._dispatch_to_sqs(parse_arn(arn), body)


def _send(arn: str, body: str) -> None:
    url = sqs._queue_url(arn.rpartition(":")[2])
    _request("SendMessage", url, MessageBody=body)


@pytest.mark.usefixtures("many_switches")
@pytest.mark.parametrize("send", [_publish, _send])
@pytest.mark.parametrize("consume", [_consume_as_mapping, _consume_by_requests])
def test_message_that_is_sent_while_others_are_deleted_is_received(
    journal: Journal, send: Callable[[str, str], Any], consume: Consume
) -> None:
    url, arn = _create_queue("work")
    sent = threading.Event()
    received: list[str] = []

    def send_all(sender: int) -> None:
        for number in range(_MESSAGES):
            send(arn, f"{sender}-{number}")

    def consume_all() -> None:
        is_last = False
        while not is_last:
            is_last = sent.is_set()
            while bodies := consume(url):
                received.extend(bodies)

    senders = [threading.Thread(target=send_all, args=(number,)) for number in range(2)]
    consumers = [threading.Thread(target=consume_all) for _ in range(2)]
    for thread in (*senders, *consumers):
        thread.start()
    for thread in senders:
        thread.join()
    sent.set()
    for thread in consumers:
        thread.join()
    assert sorted(received) == sorted(
        f"{sender}-{number}" for sender in range(2) for number in range(_MESSAGES)
    )
    assert list(journal.load("sqs/messages")) == []


@pytest.mark.usefixtures("many_switches")
def test_message_that_is_sent_while_others_go_to_the_dead_letter_queue_is_kept(journal: Journal) -> None:
    dead_url, dead_arn = _create_queue("dead")
    policy = f'{{"deadLetterTargetArn": "{dead_arn}", "maxReceiveCount": 1}}'
    url, arn = _create_queue("work", RedrivePolicy=policy, VisibilityTimeout="0")
    sender = threading.Thread(target=lambda: [_publish(arn, str(number)) for number in range(_MESSAGES)])
    sender.start()
    while sender.is_alive() or sqs._queues[url]["messages"]:
        sqs._receive_messages_for_esm(url, 10)
    sender.join()
    dead = sqs._queues[dead_url]["messages"]
    assert sorted(int(message["body"]) for message in dead) == list(range(_MESSAGES))
    assert len(list(journal.load("sqs/messages"))) == _MESSAGES
