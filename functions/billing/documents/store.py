"""Rendered documents: their bytes in a bucket, their hashes in the billing table."""

import hashlib
from typing import Any

from tillflow.store import (
    AlreadyApplied,
    Item,
    marshal,
    put_new,
    read_row,
    unmarshal,
    write,
)
from tillflow.versions import version_of, write_version

from billing.documents.models import MEDIA_TYPES, Form, Seller, StoredDocument
from billing.documents.rows import (
    NUMBER_INDEX,
    SELLER,
    document_key,
    document_row,
    read_document,
    read_seller,
)
from billing.documents.rules import file_key
from billing.errors import DocumentAltered


class DocumentsStore:
    """Rendered documents. dynamodb, s3: clients; table: the billing table; bucket: of the documents."""

    def __init__(self, dynamodb: Any, s3: Any, table: str, bucket: str) -> None:
        self._dynamodb = dynamodb
        self._s3 = s3
        self._table = table
        self._bucket = bucket

    def find(self, number: str, form: Form) -> StoredDocument | None:
        """Return a document that was rendered before; None for one that was not."""
        row = read_row(self._dynamodb, self._table, *document_key(number, form))
        return read_document(row) if row else None

    def add(self, number: str, form: Form, content: bytes, rendered_at: str) -> StoredDocument:
        """Store a rendered document, or return the one that was stored first.

        The object is written before the row that names it. Its key has the hash of its content: what a failed or a
        slower attempt leaves is the same object, or one that no row names.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        document: StoredDocument = {
            "number": number,
            "form": form,
            "key": file_key(number, form, sha256),
            "sha256": sha256,
            "size": len(content),
            "rendered_at": rendered_at,
        }
        self._s3.put_object(
            Bucket=self._bucket, Key=document["key"], Body=content, ContentType=MEDIA_TYPES[form]
        )
        put = put_new(self._table, document_row(document), AlreadyApplied)
        try:
            write(self._dynamodb, put, f"storing document {number}")
        except AlreadyApplied as first:
            return read_document(first.result)
        return document

    def read(self, document: StoredDocument) -> bytes:
        """Return the bytes of a document; DocumentAltered unless they have its hash."""
        content: bytes = self._s3.get_object(Bucket=self._bucket, Key=document["key"])["Body"].read()
        if hashlib.sha256(content).hexdigest() != document["sha256"]:
            raise DocumentAltered(document["number"])
        return content

    def url(self, document: StoredDocument, seconds: int) -> str:
        """Return an address to download a document from, valid for some seconds."""
        request = {"Bucket": self._bucket, "Key": document["key"]}
        return str(self._s3.generate_presigned_url("get_object", Params=request, ExpiresIn=seconds))

    def row_of(self, number: str) -> Item:
        """Return the key of the invoice or credit note with a number, {} if the index has none."""
        page = self._dynamodb.query(
            TableName=self._table,
            IndexName=NUMBER_INDEX,
            KeyConditionExpression="document_number = :number",
            ExpressionAttributeValues=marshal({":number": number}),
            Limit=1,
        )
        return unmarshal(page["Items"][0]) if page["Items"] else {}

    def seller(self) -> tuple[Seller | None, int]:
        """Return the seller of the settings, None if it is not set, and its version."""
        row = read_row(self._dynamodb, self._table, *SELLER)
        return read_seller(row) if row else None, version_of(row)

    def put_seller(self, seller: Seller, version: int | None = None) -> int:
        """Set the seller; return its version. Documents that were rendered keep theirs.

        RecordChanged if it is not at `version`; None for any.
        """
        fields = seller.model_dump()
        return write_version(self._dynamodb, self._table, SELLER, fields, version, "the seller")
