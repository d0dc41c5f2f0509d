"""SES: who may send a mail, and the attachments of mails that were sent.

MiniStack evaluates SendEmail of API v2 against `*` and drops attachments. On AWS the resource of SendEmail is the
identity of the sender: the Service Authorization Reference, "Amazon Simple Email Service v2".
"""

from __future__ import annotations

import json
from email.utils import parseaddr
from typing import Any

from ministack import app
from ministack.core import iam_actions
from ministack.services import ses, ses_v2

_SEND = "/v2/email/outbound-emails"
_ATTACHMENTS = "Attachments"
_SHOWN = ("FileName", "ContentType", "RawContent")


def authorize_senders() -> None:
    """Evaluate SendEmail against the identity that it sends from: the address, or the domain if only that is one."""
    extract = iam_actions.extract_resource_arn

    def extract_sender(
        service: str, method: str, path: str, headers: dict[str, str], body: bytes, *request: Any
    ) -> str:
        arn: str = extract(service, method, path, headers, body, *request)
        if service != "ses" or method != "POST" or path.rstrip("/") != _SEND:
            return arn
        sender = _sender(body)
        if not sender:
            return arn
        _, region, account = request
        return f"arn:aws:ses:{region}:{account}:identity/{_identity(sender)}"

    iam_actions.extract_resource_arn = extract_sender


def show_attachments() -> None:
    """Keep the attachments of mails, and show them, in base64, with the mails at /_ministack/ses/messages."""
    handle, show = ses_v2.handle_request, app._handle_ses_messages_request

    async def handle_and_keep(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        response = await handle(method, path, headers, body, query_params)
        if method == "POST" and path.rstrip("/") == _SEND and response[0] == 200:
            message = json.loads(response[2])["MessageId"]
            _record(message)[_ATTACHMENTS] = _attachments(json.loads(body))
        return response

    async def show_all(method: str, path: str, headers: Any, query_params: Any) -> Any:
        response = await show(method, path, headers, query_params)
        if response is None or response[0] != 200:
            return response
        status, response_headers, body = response
        shown = json.loads(body)
        for account, messages in shown["messages"].items():
            kept = _attachments_by_message(account)
            for message in messages:
                message[_ATTACHMENTS] = kept.get(message["MessageId"], [])
        return status, response_headers, json.dumps(shown).encode()

    ses_v2.handle_request = handle_and_keep
    app._handle_ses_messages_request = show_all


def _record(message_id: str) -> dict[str, Any]:
    records: list[dict[str, Any]] = ses._sent_emails_list()
    return next(record for record in reversed(records) if record["MessageId"] == message_id)


def _attachments(request: dict[str, Any]) -> list[dict[str, Any]]:
    simple = request.get("Content", {}).get("Simple", {})
    return [{name: one.get(name) for name in _SHOWN} for one in simple.get(_ATTACHMENTS, [])]


def _attachments_by_message(account: str) -> dict[str, list[dict[str, Any]]]:
    """Return the attachments of an account's mails, of all regions, by message id."""
    return {
        record["MessageId"]: record.get(_ATTACHMENTS, [])
        for (owner, *_), records in ses._sent_emails.to_dict().items()
        if owner == account and isinstance(records, list)
        for record in records
    }


def _sender(body: bytes) -> str:
    try:
        address: str = parseaddr(json.loads(body).get("FromEmailAddress", ""))[1]
    except (AttributeError, TypeError, ValueError):
        return ""
    return address


def _identity(sender: str) -> str:
    domain = sender.rpartition("@")[2].lower()
    names: list[str] = [sender, *ses._domain_and_parents(domain)]
    return next((name for name in names if name in ses_v2._identities or name in ses._identities), sender)
