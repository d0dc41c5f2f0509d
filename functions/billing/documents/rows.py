"""The rows of printed documents in the billing table.

SETTINGS              SELLER   the shop as it is printed on documents
DOCUMENT#<number>     <form>   a rendered document: its place in the bucket and its hash
MAIL#<mail id>        MAIL     a mail of a document: the hash of its address, and the message's id once SES has taken it

The index `number` finds an invoice or credit note by its number; `document_number` is the attribute.
"""

from tillflow.store import Item

from billing.documents.models import Form, Seller, StoredDocument

SELLER = ("SETTINGS", "SELLER")
NUMBER_INDEX = "number"


def document_key(number: str, form: Form) -> tuple[str, str]:
    """Return the primary key of the row of a rendered document."""
    return f"DOCUMENT#{number}", form


def mail_key(mail_id: str) -> tuple[str, str]:
    """Return the primary key of the row of a mail."""
    return f"MAIL#{mail_id}", "MAIL"


def document_row(document: StoredDocument) -> Item:
    """Return the row of a rendered document."""
    pk, sk = document_key(document["number"], document["form"])
    return {"pk": pk, "sk": sk, **document}


def read_document(row: Item) -> StoredDocument:
    """Return the rendered document of a row."""
    return {
        "number": row["number"],
        "form": row["form"],
        "key": row["key"],
        "sha256": row["sha256"],
        "size": row["size"],
        "rendered_at": row["rendered_at"],
    }


def read_seller(row: Item) -> Seller:
    """Return the seller of the row of settings."""
    return Seller.model_validate({name: row[name] for name in Seller.model_fields if name in row})
