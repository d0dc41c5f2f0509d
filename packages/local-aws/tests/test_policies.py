"""What requests are evaluated against."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ministack.core import iam_actions, iam_evaluator
from ministack.services import iam, ses_v2, sts

from local_aws.ministack.identity.policies import (
    authorize_state_machines,
    authorize_transactions_once,
    match_line_feeds,
    name_callers_by_credentials,
)
from local_aws.ministack.mails import authorize_senders
from local_aws.ministack.scope import default_scope


def test_each_action_on_a_table_is_evaluated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(iam_actions, "dynamodb_transaction_checks", iam_actions.dynamodb_transaction_checks)

    def item(kind: str, table: str) -> dict[str, Any]:
        return {kind: {"TableName": table}}

    items = [item("Put", "orders"), item("Put", "orders"), item("Update", "orders"), item("Put", "stock")]
    body = json.dumps({"TransactItems": [*items, items[0]]}).encode()
    authorize_transactions_once()
    checks = iam_actions.dynamodb_transaction_checks(
        "dynamodb:TransactWriteItems", body, "us-east-1", "000000000000"
    )
    prefix = "arn:aws:dynamodb:us-east-1:000000000000:table"
    assert checks == [
        ("dynamodb:PutItem", f"{prefix}/orders"),
        ("dynamodb:UpdateItem", f"{prefix}/orders"),
        ("dynamodb:PutItem", f"{prefix}/stock"),
    ]


@pytest.mark.parametrize(
    ("pattern", "key", "is_matched"),
    [
        ("images/*", "images/a\nb.jpg", True),
        ("images/?.jpg", "images/\n.jpg", True),
        ("images/a.jpg", "images/a.jpg\n", False),
        ("images/a*", "images/b\na", False),
    ],
)
def test_wildcards_match_line_feeds(
    monkeypatch: pytest.MonkeyPatch, pattern: str, key: str, is_matched: bool
) -> None:
    monkeypatch.setattr(iam_evaluator, "_fnmatch_compile", iam_evaluator._fnmatch_compile)
    match_line_feeds()
    arn = "arn:aws:s3:::bucket/"
    assert iam_evaluator.fnmatch_iam_cs(arn + key, arn + pattern) is is_matched
    assert iam_evaluator.fnmatch_iam(key.upper(), pattern) is is_matched


STATES = "arn:aws:states:us-east-1:000000000000"


@pytest.mark.parametrize(
    ("request_", "subject"),
    [
        ({"stateMachineArn": f"{STATES}:stateMachine:saga:live"}, f"{STATES}:stateMachine:saga"),
        ({"executionArn": f"{STATES}:execution:saga:one"}, f"{STATES}:execution:saga:one"),
        ({"mapRunArn": f"{STATES}:mapRun:saga/Each:1"}, f"{STATES}:mapRun:saga/Each:1"),
        ({"taskToken": "token"}, f"{STATES}:stateMachine:of-the-task"),
        ({}, "*"),
    ],
)
def test_request_of_step_functions_is_evaluated_against_what_it_is_about(
    monkeypatch: pytest.MonkeyPatch, request_: dict[str, str], subject: str
) -> None:
    monkeypatch.setattr(iam_actions, "extract_resource_arn", iam_actions.extract_resource_arn)
    authorize_state_machines(lambda _: f"{STATES}:stateMachine:of-the-task")
    arn = iam_actions.extract_resource_arn(
        "states", "POST", "/", {}, json.dumps(request_).encode(), {}, "us-east-1", "000000000000"
    )
    assert arn == subject


@pytest.mark.parametrize(
    ("request_", "subject"),
    [
        ({"FromEmailAddress": "shop@own.example"}, "identity/shop@own.example"),
        ({"FromEmailAddress": "Shop <shop@own.example>"}, "identity/shop@own.example"),
        ({"FromEmailAddress": "shop@mail.domain.example"}, "identity/domain.example"),
        ({"FromEmailAddress": "shop@none.example"}, "identity/shop@none.example"),
        ({}, None),
    ],
)
def test_mail_is_evaluated_against_the_identity_of_its_sender(
    monkeypatch: pytest.MonkeyPatch, request_: dict[str, str], subject: str | None
) -> None:
    monkeypatch.setattr(iam_actions, "extract_resource_arn", iam_actions.extract_resource_arn)
    with default_scope():
        for name in ("shop@own.example", "domain.example"):
            monkeypatch.setitem(ses_v2._identities, name, {"VerifiedForSendingStatus": True})
        authorize_senders()
        body = json.dumps(request_).encode()
        arn = iam_actions.extract_resource_arn(
            "ses", "POST", "/v2/email/outbound-emails", {}, body, {}, "us-east-1", "000000000000"
        )
    assert arn == (f"arn:aws:ses:us-east-1:000000000000:{subject}" if subject else "*")


ROLE = "arn:aws:sts::111122223333:assumed-role/seller/till"


@pytest.mark.parametrize("access_key", ["ASIASESSION", "AKIAUSER", "ASIAENDED", "AKIAUNKNOWN", "test", ""])
def test_caller_without_policies_is_the_caller_with_them(
    monkeypatch: pytest.MonkeyPatch, access_key: str
) -> None:
    session = {"Arn": ROLE, "SecretAccessKey": "s", "AccountId": "111122223333", "UserId": "AROA:till"}
    with default_scope():
        monkeypatch.setitem(sts._sessions, "ASIASESSION", session)
        monkeypatch.setitem(sts._sessions, "ASIAENDED", session | {"Expiration": 1.0})
        monkeypatch.setitem(
            iam._access_keys, "AKIAUSER", {"Status": "Active", "SecretAccessKey": "s", "UserName": "ann"}
        )
        monkeypatch.setattr(iam_evaluator, "request_caller_arn", iam_evaluator.request_caller_arn)
        scope = f"{access_key}/20260101/us-east-1/sqs/aws4_request"
        headers = {"authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"}
        expected = iam_evaluator.request_caller_arn(headers, {})
        monkeypatch.setattr(iam_evaluator, "resolve_principal", None)
        name_callers_by_credentials()
        assert iam_evaluator.request_caller_arn(headers, {}) == expected
        assert (expected == ROLE) == (access_key == "ASIASESSION")
        assert expected.endswith(":user/ann") == (access_key == "AKIAUSER")
