"""Documents by mail: once per mail id, by Amazon SES, without an address in any table or log."""

import hashlib
import re
from collections.abc import Callable
from typing import Any, Final

from botocore.exceptions import ClientError
from tillflow.errors import check_same
from tillflow.store import AlreadyApplied, Item, put_new, put_row, read_row, write
from tillflow.times import iso_utc, utc_now

from billing.documents.models import MEDIA_TYPES, MailDocument, MailedDocument
from billing.documents.rows import mail_key
from billing.errors import InvalidMail, MailNotConfigured, MailRefused, SenderNotVerified

_ADDRESS: Final = re.compile(r"[!-?A-~]+@[!-?A-~]+\.[!-?A-~]+")
_MAX_ADDRESS = 254
_REFUSALS = frozenset(
    {
        "AccountSuspendedException",
        "BadRequestException",
        "MailFromDomainNotVerifiedException",
        "MessageRejected",
        "NotFoundException",
        "SendingPausedException",
    }
)
# Of a sender that is no identity, SES may refuse the mail or the permission to send, which names an identity.
_REFUSALS_OF_SENDER = frozenset({"AccessDeniedException", "MessageRejected"})


def checked_address(address: object) -> str:
    """Return an address that mail can be sent to; InvalidMail, which does not repeat it, because errors are logged."""
    if isinstance(address, str) and len(address) <= _MAX_ADDRESS and _ADDRESS.fullmatch(address):
        return address
    raise InvalidMail("to", "(hidden)" if address else None, "an email address such as name@example.com")


class Mails:
    """Mails of documents. dynamodb: a client; ses: of SES's API v2; sender: the address that they are from."""

    def __init__(self, dynamodb: Any, ses: Any, table: str, sender: str) -> None:
        self._dynamodb = dynamodb
        self._ses = ses
        self._table = table
        self._sender = sender

    def send(
        self, mail: MailDocument, to: str | None, address: str, subject: str, content: Callable[[], bytes]
    ) -> MailedDocument:
        """Mail a document to an address, once per mail id; a mail that was sent before is not sent again.

        to: the address of the request, None for that of the customer. Whether SES has taken a mail whose response was
        lost is not known: the same request again sends it again. IdempotencyConflict, SenderNotVerified, MailRefused.
        """
        row = self._begin(mail, to)
        if "message_id" not in row:
            message_id = self._deliver(mail, address, subject, content())
            row |= {"message_id": message_id, "sent_at": iso_utc(utc_now())}
            write(self._dynamodb, put_row(self._table, row), f"recording mail {mail.mail_id}")
        return {"mail_id": mail.mail_id, "number": mail.number, "form": mail.form, "sent_at": row["sent_at"]}

    def find(self, mail_id: str) -> Item:
        """Return the row of a mail, {} if there is none."""
        return read_row(self._dynamodb, self._table, *mail_key(mail_id))

    def check_configured(self) -> None:
        """Raise MailNotConfigured in a shop without a sender's address."""
        if not self._sender:
            raise MailNotConfigured

    def _begin(self, mail: MailDocument, to: str | None) -> Item:
        """Return the row of a mail, which is written if there is none."""
        pk, sk = mail_key(mail.mail_id)
        recipient = hashlib.sha256(to.lower().encode()).hexdigest() if to else None
        sent = {"mail_id": mail.mail_id, "number": mail.number, "form": mail.form, "recipient": recipient}
        row: Item = {"pk": pk, "sk": sk, **sent}
        marker = put_new(self._table, row, AlreadyApplied)
        try:
            write(self._dynamodb, marker, f"beginning mail {mail.mail_id}")
        except AlreadyApplied as applied:
            row = applied.result
            check_same(f"mail {mail.mail_id}", {name: row.get(name) for name in sent}, sent)
        return row

    def _deliver(self, mail: MailDocument, address: str, subject: str, content: bytes) -> str:
        attachment = {
            "FileName": f"{re.sub('[^A-Za-z0-9-]', '-', mail.number)}.pdf",
            "ContentType": MEDIA_TYPES[mail.form],
            "ContentDisposition": "ATTACHMENT",
            "RawContent": content,
        }
        text = {"Data": f"{subject} is attached.", "Charset": "UTF-8"}
        simple = {
            "Subject": {"Data": subject, "Charset": "UTF-8"},
            "Body": {"Text": text},
            "Attachments": [attachment],
        }
        try:
            response = self._ses.send_email(
                FromEmailAddress=self._sender,
                Destination={"ToAddresses": [address]},
                Content={"Simple": simple},
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _REFUSALS_OF_SENDER and not self._is_sender_verified():
                raise SenderNotVerified(self._sender) from None
            if code in _REFUSALS:
                # SES's own message may have the address, and errors are logged.
                raise MailRefused(mail.mail_id, code) from None
            raise
        return str(response["MessageId"])

    def _is_sender_verified(self) -> bool:
        """Return whether SES sends from the sender's address. Its error's text, which has addresses, is not read."""
        try:
            identity = self._ses.get_email_identity(EmailIdentity=self._sender)
        except ClientError as error:
            if error.response["Error"]["Code"] == "NotFoundException":
                return False
            raise
        return bool(identity["VerifiedForSendingStatus"])
