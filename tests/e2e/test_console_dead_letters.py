"""The dead letters page of the console in a real browser, with messages that failed on a deployed shop."""

import json
import uuid

import pytest
from playwright.sync_api import expect

from tests.support.console import Console

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("console")]


def test_dead_letters_are_shown_moved_back_and_dropped(console: Console) -> None:
    sqs, outputs = console.shop.client("sqs"), console.shop.outputs()
    queue = outputs["ReportsDeadLetterQueue"]
    # Neither is an event of a sale: the consumer refuses both, so that one that is moved back fails again.
    dropped, moved = (
        sqs.send_message(QueueUrl=queue, MessageBody=json.dumps({"test": uuid.uuid4().hex}))["MessageId"]
        for _ in range(2)
    )
    tab = console.open("operator", "dead-letters")
    tab.get_by_role("cell", name="Reports").get_by_role("link").click()
    tab.get_by_role("button", name=f"Move {moved} back").click()
    expect(tab.get_by_text("1 message is moved back.")).to_be_visible()
    expect(tab.get_by_role("region", name=moved)).to_have_count(0)
    letter = tab.get_by_role("region", name=dropped)
    expect(letter).to_contain_text("No reason is stored with the message")
    letter.get_by_label("Note").fill("a test")
    letter.get_by_role("button", name=f"Drop {dropped}").click()
    expect(letter).to_have_count(0)
    tab.get_by_role("link", name="Show the case").click()
    expect(tab.get_by_role("heading", name=f"dlq-Reports#{dropped}", level=1)).to_be_visible()
    expect(tab.get_by_text("a test")).to_be_visible()


def test_undelivered_event_shows_its_reason_and_no_way_back(console: Console) -> None:
    queue = console.shop.outputs()["UndeliveredEventsDeadLetterQueue"]
    attributes = {
        "ERROR_CODE": {"DataType": "String", "StringValue": "NO_PERMISSIONS"},
        "RETRY_ATTEMPTS": {"DataType": "String", "StringValue": "2"},
    }
    sent = console.shop.client("sqs").send_message(
        QueueUrl=queue, MessageBody="<b>lost</b>", MessageAttributes=attributes
    )["MessageId"]
    tab = console.open("operator", "dead-letters/UndeliveredEvents")
    letter = tab.get_by_role("region", name=sent)
    expect(letter.get_by_role("heading", name="NO_PERMISSIONS")).to_be_visible()
    expect(letter.get_by_text("<b>lost</b>")).to_be_visible()
    expect(letter.get_by_role("definition").nth(1)).to_have_text("3")
    expect(tab.get_by_text("the runbook says what replaces them")).to_be_visible()
    expect(tab.get_by_role("button", name="back")).to_have_count(0)
    letter.get_by_label("Note").fill("a test")
    letter.get_by_role("button", name=f"Drop {sent}").click()
    expect(tab.get_by_text("The queue is empty.")).to_be_visible()


def test_manager_is_refused_the_dead_letters(console: Console) -> None:
    tab = console.open("manager", "dead-letters")
    expect(tab.get_by_role("alert")).to_have_text("Your role does not allow this page.")
