"""Operations of the images service: events in the dead-letter queue."""

import json
from typing import Any

import pytest
from images.operations import dead_letter_event, event_key

EVENT = {"detail": {"object": {"key": "a"}}}


@pytest.mark.parametrize(
    "body",
    [EVENT, {"event": EVENT, "failure": {"Error": "X"}}, {"status": "ABORTED", "input": json.dumps(EVENT)}],
    ids=["from EventBridge", "from the workflow", "from an aborted execution"],
)
def test_event_is_read_from_each_kind_of_dead_letter(body: dict[str, Any]) -> None:
    event = dead_letter_event({"Body": json.dumps(body)})
    assert (event, event_key(event)) == (EVENT, "a")


@pytest.mark.parametrize(
    "body", ["", "no JSON", "[]", "7", '{"input": "x"}', '{"event": 1}', '{"detail": []}']
)
def test_message_without_an_event_has_no_key(body: str) -> None:
    assert event_key(dead_letter_event({"Body": body})) is None
