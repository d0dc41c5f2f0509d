"""Queues that MiniStack looks into for their consumers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ministack.services import sqs

from local_aws.journal import Journal
from local_aws.ministack.queues import install_messages
from local_aws.ministack.scope import default_scope

URL = "http://127.0.0.1/000000000000/paid"


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return a queue without messages whose changes are in a journal."""
    monkeypatch.setattr(sqs._queues, "_data", {})
    for name in ("_receive_messages_for_esm", "_delete_messages_for_esm"):
        monkeypatch.setattr(sqs, name, getattr(sqs, name))
    install_messages(Journal(tmp_path / "journal.sqlite"))
    with default_scope():
        attributes = {"VisibilityTimeout": "30", "MessageRetentionPeriod": "345600"}
        sqs._queues[URL] = {"messages": [], "is_fifo": False, "attributes": attributes}
        return dict(sqs._queues)[URL]


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
