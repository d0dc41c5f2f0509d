"""Suppliers and purchase orders over HTTP, and the webhooks of suppliers."""

import os
from dataclasses import replace
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from tillflow.api import Api, Call, PageQuery, Reply, accepted
from tillflow.api.idempotency import IdempotencyKeys
from tillflow.api.webhooks import is_signed_with
from tillflow.aws import client
from tillflow.errors import InvalidRequest
from tillflow.fields import Identifier
from tillflow.parsing import parse
from tillflow.references import FindUnknown, invoked
from tillflow.times import utc_now

from purchasing import reporting
from purchasing.errors import InvalidPurchase, SignatureRefused, UnknownSupplier
from purchasing.models import (
    Invoice,
    NewPurchase,
    OpenOrder,
    OrderRef,
    Purchase,
    PurchaseInvoice,
    PurchaseSummary,
    PurchaseView,
    Receipt,
    Status,
)
from purchasing.operations import PurchaseOperations, SupplierOperations
from purchasing.requests import (
    Acknowledgement,
    AcknowledgementBody,
    CancelPurchaseBody,
    DeliveryNoteBody,
    RefusalBody,
)
from purchasing.supplier_models import Entry, PriceList, Supplier, SupplierAccount, SupplierReport

api = Api("purchasing")
handle = api.handle


class SupplierBody(PriceList):
    """A supplier and its prices."""

    supplier: Supplier


class SourceBody(BaseModel):
    """A supplier of a SKU."""

    model_config = ConfigDict(frozen=True)

    supplier_id: Identifier
    sku: Identifier


class SourcesBody(BaseModel):
    """The sources whose terms are wanted."""

    model_config = ConfigDict(frozen=True)

    sources: Annotated[tuple[SourceBody, ...], Field(max_length=100)]


class DeletedSupplier(BaseModel):
    """A supplier that was deleted."""

    supplier_id: str


class SupplierPage(BaseModel):
    """A page of suppliers by id; next_cursor is null on the last page."""

    suppliers: list[SupplierAccount]
    next_cursor: str | None


class PurchaseQuery(PageQuery):
    """status, supplier_id, location: only purchase orders of these."""

    status: Status | None = None
    supplier_id: Identifier | None = None
    location: Identifier | None = None


class PurchasePage(BaseModel):
    """A page of purchase orders, the newest first; next_cursor is null on the last page."""

    purchase_orders: list[PurchaseSummary]
    next_cursor: str | None


class PurchaseBody(NewPurchase):
    """A new purchase order. suppliers: asked in this order; the client makes `purchase_order_id`."""


class StartedPurchase(BaseModel):
    """A purchase order that is being opened and sent."""

    purchase_order_id: str
    execution_arn: str


class PurchaseInvoicePage(BaseModel):
    """A page of purchase invoices, the newest order first; next_cursor is null on the last page."""

    invoices: list[PurchaseInvoice]
    next_cursor: str | None


@cache
def _orders() -> PurchaseOperations:
    return PurchaseOperations(
        client("dynamodb"),
        client("stepfunctions"),
        os.environ["TABLE_NAME"],
        os.environ["PURCHASE_ARN"],
        {
            "product": _find_unknown_products(),
            "location": invoked(client("lambda"), os.environ["FIND_UNKNOWN_LOCATIONS_FUNCTION"]),
        },
    )


@cache
def _keys() -> IdempotencyKeys:
    return IdempotencyKeys(client("dynamodb"), os.environ["TABLE_NAME"])


@cache
def _suppliers() -> SupplierOperations:
    return SupplierOperations(client("dynamodb"), os.environ["TABLE_NAME"], _find_unknown_products())


def _find_unknown_products() -> FindUnknown:
    return invoked(client("lambda"), os.environ["FIND_UNKNOWN_PRODUCTS_FUNCTION"])


def _verify_supplier(call: Call) -> None:
    """Raise SignatureRefused unless the supplier in the path signed the raw body; for an unknown supplier too."""
    try:
        channel = _suppliers().get(call.path["supplier_id"]).supplier.channel
    except UnknownSupplier:
        raise SignatureRefused from None
    if not is_signed_with(call, channel.secret or "none"):
        raise SignatureRefused


@api.route("GET /suppliers", "manage", query=PageQuery, response=SupplierPage)
def list_suppliers(call: Call) -> SupplierPage:
    """List suppliers by id, with open orders and what is owed, a page at a time."""
    page = _suppliers().list_suppliers(call.query.limit, call.after)
    return SupplierPage(suppliers=page.rows, next_cursor=call.cursor(page.after))


@api.route("POST /suppliers", "manage", body=SupplierBody, response=SupplierAccount, statuses=(201,))
def create_supplier(call: Call) -> Reply:
    """Create a supplier with its price list."""
    account = _suppliers().create(call.body.supplier, call.body.prices)
    return Reply(account, 201, version=account.version)


@api.route("GET /suppliers/{supplier_id}", "manage", response=SupplierAccount)
def get_supplier(call: Call) -> Reply:
    """Return a supplier; the ETag is the version that an update names."""
    account = _suppliers().get(call.path["supplier_id"])
    return Reply(account, version=account.version)


@api.route(
    "PUT /suppliers/{supplier_id}", "manage", body=SupplierBody, response=SupplierAccount, versioned=True
)
def update_supplier(call: Call) -> Reply:
    """Replace a supplier and add prices, at the version in If-Match, or at its newest."""
    body: SupplierBody = call.body
    if body.supplier.supplier_id != call.path["supplier_id"]:
        expected = f"{call.path['supplier_id']}, the supplier of the path"
        raise InvalidRequest("supplier.supplier_id", body.supplier.supplier_id, expected)
    account = _suppliers().update(body.supplier, body.prices, call.version)
    return Reply(account, version=account.version)


@api.route("DELETE /suppliers/{supplier_id}", "manage", response=DeletedSupplier)
def delete_supplier(call: Call) -> DeletedSupplier:
    """Delete a supplier without open orders and unpaid invoices."""
    _suppliers().delete(call.path["supplier_id"])
    return DeletedSupplier(supplier_id=call.path["supplier_id"])


@api.route("GET /suppliers/{supplier_id}/report", "manage", response=SupplierReport)
def report_supplier(call: Call) -> SupplierReport:
    """Return a supplier with its price list and its delivery performance."""
    return _suppliers().report(call.path["supplier_id"])


@api.route("GET /suppliers/{supplier_id}/statement", "manage", response=list[Entry])
def show_statement(call: Call) -> list[Entry]:
    """List a supplier's invoices and payments, with the balance owed after each."""
    return _suppliers().statement(call.path["supplier_id"])


@api.route("POST /suppliers/terms", "manage", body=SourcesBody, response=list[dict[str, Any]])
def list_terms(call: Call) -> list[dict[str, Any]]:
    """Return the known terms of sources: currency, lead time, price and measured punctuality."""
    return [_suppliers().source_terms(one.supplier_id, one.sku) for one in call.body.sources]


@api.route("POST /purchase-orders", "manage", body=PurchaseBody, response=StartedPurchase, statuses=(202,))
def create_purchase_order(call: Call) -> Reply:
    """Order goods of the first supplier that accepts, once per purchase order id."""
    order = parse(OpenOrder, call.body.model_dump(), InvalidPurchase)
    started, name = _orders().create(order), order.purchase_order_id
    purchase = StartedPurchase(purchase_order_id=name, execution_arn=started.arn)
    return accepted(purchase, f"/api/purchase-orders/{name}", replayed=started.duplicate)


@api.route("GET /purchase-invoices", "manage", query=PageQuery, response=PurchaseInvoicePage)
def list_purchase_invoices(call: Call) -> PurchaseInvoicePage:
    """List the invoices of purchase orders with what was paid, the newest order first, a page of orders at a time."""
    page = _orders().list_purchases(call.query.limit, call.after)
    invoices = [invoice for order in page.rows if (invoice := reporting.invoice_of(order))]
    return PurchaseInvoicePage(invoices=invoices, next_cursor=call.cursor(page.after))


@api.route("GET /purchase-orders", "manage", query=PurchaseQuery, response=PurchasePage)
def list_purchase_orders(call: Call) -> PurchasePage:
    """List purchase orders, the newest first, a page at a time."""
    query: PurchaseQuery = call.query
    page = _orders().list_purchases(
        query.limit,
        call.after,
        status=query.status,
        supplier_id=query.supplier_id,
        location=query.location,
    )
    return PurchasePage(
        purchase_orders=[reporting.summary(order) for order in page.rows],
        next_cursor=call.cursor(page.after),
    )


@api.route("GET /purchase-orders/{purchase_order_id}", "manage", response=PurchaseView)
def get_purchase_order(call: Call) -> PurchaseView:
    """Return a purchase order with attempts, receipts, invoice, payment and next step."""
    order = _orders().get(call.path["purchase_order_id"])
    return PurchaseView(
        **dict(_without_token(order)),
        next_step=_orders().next_step(order),
        differences=_orders().differences(order),
    )


@api.route(
    "POST /purchase-orders/{purchase_order_id}/acknowledgement",
    "manage",
    body=AcknowledgementBody,
    response=Purchase,
)
def acknowledge_purchase(call: Call) -> Purchase:
    """Accept a purchase order for its supplier. The same again changes nothing."""
    body: AcknowledgementBody = call.body
    return _without_token(
        _orders().acknowledge(call.path["purchase_order_id"], body.promised_on, body.supplier_id or "")
    )


@api.route(
    "POST /purchase-orders/{purchase_order_id}/refusal",
    "manage",
    body=RefusalBody,
    response=Purchase,
    keyed=True,
)
def refuse_purchase(call: Call) -> Reply:
    """Refuse a purchase order for its supplier: it is sent to the next one."""
    body: RefusalBody = call.body

    def refuse() -> OrderRef:
        order = _orders().refuse(call.path["purchase_order_id"], body.note, body.supplier_id or "")
        return OrderRef(purchase_order_id=order.purchase_order_id)

    refused = _keys().reply(call, OrderRef, refuse)
    return replace(refused, body=_without_token(_orders().get(refused.body.purchase_order_id)))


@api.route("POST /purchase-orders/{purchase_order_id}/heartbeat", "manage", response=Purchase)
def send_purchase_heartbeat(call: Call) -> Purchase:
    """Restart the heartbeat timeout of the supplier that is asked."""
    return _without_token(_orders().heartbeat(call.path["purchase_order_id"]))


@api.route("POST /purchase-orders/{purchase_order_id}/close", "manage", response=Purchase)
def close_purchase_short(call: Call) -> Purchase:
    """Expect no more goods for a purchase order."""
    return _without_token(_orders().close_short(call.path["purchase_order_id"]))


@api.route(
    "POST /purchase-orders/{purchase_order_id}/receipts",
    "manage",
    body=Receipt,
    response=Purchase,
    statuses=(201,),
)
def receive_purchase(call: Call) -> Reply:
    """Record a delivery, once per receipt id."""
    return Reply(_without_token(_orders().receive(call.path["purchase_order_id"], call.body)), 201)


@api.route(
    "POST /purchase-orders/{purchase_order_id}/invoice",
    "manage",
    body=Invoice,
    response=Purchase,
    statuses=(201,),
)
def bill_purchase(call: Call) -> Reply:
    """Record the supplier's invoice, in place of one that is not matched."""
    return Reply(_without_token(_orders().bill(call.path["purchase_order_id"], call.body)), 201)


@api.route(
    "POST /purchase-orders/{purchase_order_id}/cancel", "manage", body=CancelPurchaseBody, response=Purchase
)
def cancel_purchase_order(call: Call) -> Purchase:
    """Cancel a purchase order; what was done is undone."""
    return _without_token(_orders().cancel(call.path["purchase_order_id"], call.body.reason))


@api.route(
    "POST /webhooks/suppliers/{supplier_id}/acknowledgement",
    "",
    body=Acknowledgement,
    response=dict[str, Any],
    verify=_verify_supplier,
)
def acknowledge_by_webhook(call: Call) -> dict[str, Any]:
    """Accept or refuse a purchase order, signed by the supplier."""
    body: Acknowledgement = call.body
    supplier_id = _sender(call)
    if body.accepted:
        promised = body.promised_on or utc_now().date()
        order = _orders().acknowledge(body.purchase_order_id, promised, supplier_id)
    else:
        order = _orders().refuse(body.purchase_order_id, body.note or "refused", supplier_id)
    return _status(order)


@api.route(
    "POST /webhooks/suppliers/{supplier_id}/heartbeat",
    "",
    body=Acknowledgement,
    response=dict[str, Any],
    verify=_verify_supplier,
)
def heartbeat_by_webhook(call: Call) -> dict[str, Any]:
    """Say that the order has arrived and will be responded to, signed by the supplier."""
    body: Acknowledgement = call.body
    supplier_id = _sender(call)
    order = _orders().heartbeat(body.purchase_order_id, supplier_id)
    return _status(order)


@api.route(
    "POST /webhooks/suppliers/{supplier_id}/delivery-note",
    "",
    body=DeliveryNoteBody,
    response=dict[str, Any],
    verify=_verify_supplier,
)
def note_delivery_by_webhook(call: Call) -> dict[str, Any]:
    """Announce what is being delivered, once per note, signed by the supplier.

    Goods are booked when they are counted.
    """
    body: DeliveryNoteBody = call.body
    supplier_id = _sender(call)
    order = _orders().add_delivery_note(body.purchase_order_id, body.note, supplier_id)
    return _status(order)


def _sender(call: Call) -> str:
    """Return the supplier in the path of a webhook. UnknownPurchase for an order that was not sent to it."""
    supplier_id = call.path["supplier_id"]
    _orders().check_sent_to(call.body.purchase_order_id, supplier_id)
    return supplier_id


def _status(order: Purchase) -> dict[str, Any]:
    """Return what a supplier learns of an order."""
    return {"purchase_order_id": order.purchase_order_id, "status": order.status}


def _without_token(order: Purchase) -> Purchase:
    """An order without its task token, which is for its workflow alone."""
    return order.model_copy(update={"task_token": None})
