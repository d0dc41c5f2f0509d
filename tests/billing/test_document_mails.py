"""Documents by mail: once per mail id, and no address in a table, a log or an error."""

from collections.abc import Iterator
from typing import Any

import pytest
from billing.documents.mails import Mails, checked_address
from billing.documents.models import Buyer
from billing.documents.operations import DocumentOperations
from billing.errors import InvalidMail, MailNotConfigured, MailRefused, SenderNotVerified, UnknownDocument
from botocore.exceptions import ClientError
from tillflow.errors import IdempotencyConflict

from tests.billing.test_documents import BUCKET, SELLER, _s3, issue
from tests.billing.test_documents import operations as operations

ADDRESS = "ada@example.com"


class Ses:
    """SES's API: keeps the mails it takes, and fails as it is told."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.code = ""
        self.is_sender_verified: bool | None = True

    def send_email(self, **request: Any) -> dict[str, str]:
        if self.code:
            error = {"Code": self.code, "Message": f"{ADDRESS} is not verified"}
            raise ClientError({"Error": error}, "SendEmail")
        self.sent.append(request)
        return {"MessageId": f"message-{len(self.sent)}"}

    def get_email_identity(self, EmailIdentity: str) -> dict[str, Any]:
        assert EmailIdentity == "shop@example.com"
        if self.is_sender_verified is None:
            raise ClientError({"Error": {"Code": "NotFoundException"}}, "GetEmailIdentity")
        return {"VerifiedForSendingStatus": self.is_sender_verified}


@pytest.fixture
def ses() -> Ses:
    return Ses()


@pytest.fixture
def mails(dynamodb: Any, table: str, ses: Ses) -> Mails:
    return Mails(dynamodb, ses, table, "shop@example.com")


@pytest.fixture
def number(operations: DocumentOperations, dynamodb: Any, table: str) -> Iterator[str]:
    operations.put_seller(SELLER.model_dump())
    yield issue(dynamodb, table)


def request(number: str, **changes: Any) -> dict[str, Any]:
    return {"mail_id": "mail-1", "number": number, "to": ADDRESS, **changes}


def test_invoice_is_mailed_as_pdf(
    operations: DocumentOperations, mails: Mails, ses: Ses, number: str
) -> None:
    mailed = operations.mail(request(number), mails)
    assert (mailed["number"], mailed["form"]) == (number, "pdf")
    [sent] = ses.sent
    assert sent["FromEmailAddress"] == "shop@example.com"
    assert sent["Destination"] == {"ToAddresses": [ADDRESS]}
    simple = sent["Content"]["Simple"]
    assert simple["Subject"]["Data"] == f"Invoice {number} of {SELLER.name}"
    [attachment] = simple["Attachments"]
    assert attachment["RawContent"] == operations.read(number, "pdf")
    assert "/" not in attachment["FileName"]


def test_mail_goes_to_the_customer_by_default(
    dynamodb: Any, table: str, mails: Mails, ses: Ses, number: str
) -> None:
    buyer = Buyer(name="Ada", email="ada@home.example")
    operations = DocumentOperations(dynamodb, _s3(), table, BUCKET, lambda _: buyer)
    operations.mail(request(number, to=None, form="receipt"), mails)
    assert ses.sent[0]["Destination"] == {"ToAddresses": ["ada@home.example"]}


def test_customer_without_an_address_is_refused(
    operations: DocumentOperations, mails: Mails, ses: Ses, number: str
) -> None:
    with pytest.raises(InvalidMail, match="customer has none"):
        operations.mail(request(number, to=None), mails)
    assert ses.sent == []


def test_same_mail_again_is_not_sent_again(
    operations: DocumentOperations, mails: Mails, ses: Ses, number: str
) -> None:
    first = operations.mail(request(number), mails)
    assert operations.mail(request(number), mails) == first
    assert len(ses.sent) == 1


@pytest.mark.parametrize("changes", [{"to": "grace@example.com"}, {"form": "receipt"}])
def test_other_mail_under_an_id_is_a_conflict(
    operations: DocumentOperations, mails: Mails, ses: Ses, number: str, changes: dict[str, str]
) -> None:
    operations.mail(request(number), mails)
    with pytest.raises(IdempotencyConflict, match="mail mail-1") as conflict:
        operations.mail(request(number, **changes), mails)
    assert "example.com" not in str(conflict.value)
    assert len(ses.sent) == 1


def test_refused_mail_is_named_without_its_address_and_can_be_repeated(
    operations: DocumentOperations, mails: Mails, ses: Ses, number: str
) -> None:
    ses.code = "MessageRejected"
    with pytest.raises(MailRefused, match="MessageRejected") as refused:
        operations.mail(request(number), mails)
    assert ADDRESS not in str(refused.value)
    ses.code = ""
    operations.mail(request(number), mails)
    assert len(ses.sent) == 1


@pytest.mark.parametrize("code", ["MessageRejected", "AccessDeniedException"])
@pytest.mark.parametrize("is_verified", [None, False])
def test_sender_that_is_not_verified_is_named_and_the_mail_can_be_repeated(
    operations: DocumentOperations, mails: Mails, ses: Ses, number: str, code: str, is_verified: bool | None
) -> None:
    ses.code, ses.is_sender_verified = code, is_verified
    with pytest.raises(
        SenderNotVerified, match=r"sender shop@example\.com \(parameter MailSender\)"
    ) as refused:
        operations.mail(request(number), mails)
    assert ADDRESS not in str(refused.value)
    ses.code = ""
    operations.mail(request(number), mails)
    assert len(ses.sent) == 1


def test_permission_that_is_missing_for_a_verified_sender_is_a_failure(
    operations: DocumentOperations, mails: Mails, ses: Ses, number: str
) -> None:
    ses.code = "AccessDeniedException"
    with pytest.raises(ClientError, match="AccessDenied"):
        operations.mail(request(number), mails)


def test_throttled_mail_is_repeated(
    operations: DocumentOperations, mails: Mails, ses: Ses, number: str
) -> None:
    ses.code = "TooManyRequestsException"
    with pytest.raises(ClientError):
        operations.mail(request(number), mails)
    ses.code = ""
    operations.mail(request(number), mails)
    assert len(ses.sent) == 1


def test_address_is_in_no_table(
    operations: DocumentOperations, mails: Mails, dynamodb: Any, table: str, number: str
) -> None:
    operations.mail(request(number), mails)
    assert ADDRESS not in str(dynamodb.scan(TableName=table)["Items"])


@pytest.mark.parametrize(
    "address", ["", "ada", "ada@example", "ada@ex ample.com", "a@b.c\r\nBcc: d@e.f", 7, "ä@b.cd"]
)
def test_invalid_address_is_refused_and_not_repeated(address: object) -> None:
    with pytest.raises(InvalidMail, match="to is") as refused:
        checked_address(address)
    assert not address or str(address) not in str(refused.value)


def test_unknown_document_is_refused(operations: DocumentOperations, mails: Mails, number: str) -> None:
    with pytest.raises(UnknownDocument):
        operations.mail(request("INV-404"), mails)


def test_shop_without_a_sender_sends_no_mail(
    operations: DocumentOperations, dynamodb: Any, table: str, number: str
) -> None:
    with pytest.raises(MailNotConfigured, match="MailSender"):
        operations.mail(request(number), Mails(dynamodb, None, table, ""))
