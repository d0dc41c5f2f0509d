"""Dead-letter queues over HTTP and by `till`, with IAM enforced."""

import json

import pytest

from tests.support.deployed_shop import Deployed

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]


def test_dead_letter_is_shown_redriven_and_dropped(shop: Deployed) -> None:
    sqs, queue = shop.client("sqs"), shop.outputs()["UndeliveredEventsDeadLetterQueue"]
    attributes = {"ERROR_CODE": {"DataType": "String", "StringValue": "NO_PERMISSIONS"}}
    sent = sqs.send_message(QueueUrl=queue, MessageBody='{"detail": {}}', MessageAttributes=attributes)
    listed = json.loads(shop.till("dlq", "list", "--json"))
    assert {"name": "UndeliveredEvents", "messages": 1, "redrivable": False} in listed
    (shown,) = json.loads(shop.till("dlq", "show", "UndeliveredEvents", "--json"))
    assert (shown["message_id"], shown["failure"]["reason"]) == (sent["MessageId"], "NO_PERMISSIONS")
    assert "have no source queue" in shop.till_error("dlq", "redrive", "UndeliveredEvents", code=2)
    shop.till("dlq", "drop", "UndeliveredEvents", shown["message_id"], "--note", "a test")
    assert shop.till("dlq", "show", "UndeliveredEvents").strip() == "No messages."
    (case,) = [
        one
        for one in json.loads(shop.till("case", "list", "--all", "--json"))
        if one["case_id"] == f"dlq-UndeliveredEvents#{sent['MessageId']}"
    ]
    assert (case["status"], case["note"]) == ("RESOLVED", "a test")


def test_message_that_its_consumer_refused_shows_the_log_and_moves_back(shop: Deployed) -> None:
    sqs, queue = shop.client("sqs"), shop.outputs()["DemandDeadLetterQueue"]
    sent = sqs.send_message(QueueUrl=queue, MessageBody="not an event")["MessageId"]
    # A message that another test moved back fails again, and returns.
    messages = json.loads(shop.till("dlq", "show", "Demand", "--json"))
    (shown,) = [message for message in messages if message["message_id"] == sent]
    assert shown["failure"]["reason"].startswith("No reason is stored")
    assert "1 redriven." in shop.till("dlq", "redrive", "Demand", "--message", sent)
