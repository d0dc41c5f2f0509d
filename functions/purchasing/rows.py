"""The rows of the purchasing table.

PO#<order>     PURCHASE          the order's document, its status, supplier and version
SUPPLIER#<id>  SUPPLIER          the supplier, its version, its `open_orders` and what is `owed` to it (minor units)
SUPPLIER#<id>  PRICE#<sku>       the supplier's price of a SKU
SUPPLIER#<id>  PO#<order>        the order was sent to this supplier
SUPPLIER#<id>  INVOICE#<number>  the order that has this (normalised) invoice number: no invoice is paid twice

The index `lists` has the list of purchase orders, by the time at which they were opened, and that of suppliers, by id.
"""

from typing import Any

from tillflow.documents import DocumentType
from tillflow.listing import Index
from tillflow.parsing import parse
from tillflow.store import Item
from tillflow.times import iso_utc

from purchasing.errors import InvalidSupplier, UnknownPurchase
from purchasing.models import Purchase
from purchasing.supplier_models import Price, Supplier, SupplierAccount

SUPPLIER = "SUPPLIER"
PRICE_PREFIX = "PRICE#"
ORDER_PREFIX = "PO#"
ORDERS_LIST, SUPPLIERS_LIST = "PURCHASES", "SUPPLIERS"

PURCHASES = DocumentType(
    model=Purchase,
    prefix="PO#",
    sort_key="PURCHASE",
    id_name="purchase_order_id",
    columns=lambda purchase: {
        "status": purchase.status,
        "supplier_id": purchase.supplier_id,
        "location": purchase.location,
        "list": ORDERS_LIST,
        "position": iso_utc(purchase.opened_at),
    },
    not_found=UnknownPurchase,
)


def lists(client: Any, table: str) -> Index:
    """Return the index of the lists."""
    return Index(client, table, "lists", "list", "position")


def supplier_pk(supplier_id: str) -> str:
    return f"SUPPLIER#{supplier_id}"


def new_supplier_row(supplier: Supplier) -> Item:
    return {
        "pk": supplier_pk(supplier.supplier_id),
        "sk": SUPPLIER,
        "supplier_id": supplier.supplier_id,
        "list": SUPPLIERS_LIST,
        "position": supplier.supplier_id,
        "document": supplier.model_dump_json(),
        "version": 1,
        "open_orders": 0,
        "owed": 0,
    }


def read_supplier(row: Item) -> SupplierAccount:
    return SupplierAccount(
        supplier=Supplier.model_validate_json(row["document"]),
        version=row["version"],
        open_orders=row["open_orders"],
        owed=row["owed"],
    )


def price_row(supplier_id: str, price: Price) -> Item:
    return {"pk": supplier_pk(supplier_id), "sk": f"{PRICE_PREFIX}{price.sku}", **price.model_dump()}


def read_price(row: Item) -> Price:
    return parse(Price, {name: row[name] for name in Price.model_fields}, InvalidSupplier)


def sent_order_row(supplier_id: str, purchase_order_id: str) -> Item:
    return {
        "pk": supplier_pk(supplier_id),
        "sk": f"{ORDER_PREFIX}{purchase_order_id}",
        "purchase_order_id": purchase_order_id,
    }


def invoice_number_row(supplier_id: str, number: str, purchase_order_id: str) -> Item:
    return {
        "pk": supplier_pk(supplier_id),
        "sk": f"INVOICE#{number}",
        "purchase_order_id": purchase_order_id,
    }
