"""A deployment in this process with a row of each kind, for tests that run every command."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError
from cases.models import Opening
from cases.store import CasesStore
from catalog.models import Category, Product, TaxClass
from catalog.store import CatalogStore
from images.rules import image_id
from inventory.corrections import Corrections
from inventory.models import Adjust, Location, ReceiptLine
from inventory.operations import StockOperations
from inventory.transfers import rules as transfer_rules
from inventory.transfers.models import Arrival, AwaitTransfer, OpenTransfer
from inventory.transfers.store import TransferStore
from orders.drafts.operations import DraftOperations
from payments.credit.models import GrantCredit
from payments.credit.wallets import Wallets
from payments.reconciliation import rules as reconciliation_rules
from payments.reconciliation.models import ComparedPage, ComparePage, Finding, Subject
from payments.reconciliation.store import ReconciliationStore
from purchasing import invoices as purchase_invoices
from purchasing import rules as purchase_rules
from purchasing.models import Invoice, OpenOrder, Receipt
from purchasing.store import PurchaseStore
from purchasing.supplier_models import Price, Supplier
from replenishment.models import AskApproval, Demand, Need
from replenishment.store import ReplenishmentStore
from shipping.models import HandOver
from shipping.store import ShippingStore
from tillflow.aws import client
from tillflow.store import key, marshal, unmarshal

from tests.support import shop_rows
from tests.support.api_functions import ApiFunctions
from tests.support.references import NONE_UNKNOWN
from till import users
from till.services.customers import Customers
from till.services.replenishment import Reorders
from till.stack import Stack
from verification.harness.template import Template

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
TODAY = date(2026, 11, 23)
IMAGE, REJECTED = "products/MUG/front.jpg", "products/MUG/broken.jpg"
CASE = "ord-1#CommitStock"
PURCHASE, OPEN_PURCHASE, RUN, TRANSFER = "po-1", "po-2", "reorder-1", "trf-1"
RECONCILED, ENTRY = "2026-11-22", "je-1"
BUCKETS = ("DocumentsBucket", "ImagesBucket", "ThumbnailsBucket")


ORDER = {
    "lines": [
        {
            "line_no": 1,
            "sku": "MUG",
            "description": "Mug",
            "quantity": 2,
            "unit_price": 120,
            "line_discount": 0,
            "order_discount": 0,
            "tax": 40,
            "total": 240,
        }
    ],
    "totals": {"net": 200, "tax": 40, "total": 240},
    "tenders": [{"type": "cash", "tendered": 300, "change": 60}],
}


class CloudFormation:
    """DescribeStacks alone: moto's CloudFormation needs more of PyPI than the rest of the tests together."""

    def __init__(self, outputs: dict[str, str], status: str = "CREATE_COMPLETE") -> None:
        self.outputs = outputs
        self.status = status

    def describe_stacks(self, StackName: str) -> dict[str, Any]:
        if not self.outputs:
            error = {"Code": "ValidationError", "Message": f"Stack with id {StackName} does not exist"}
            raise ClientError({"Error": error}, "DescribeStacks")
        outputs = [{"OutputKey": name, "OutputValue": value} for name, value in self.outputs.items()]
        parameters = [{"ParameterKey": "ShopTimeZone", "ParameterValue": "Europe/Berlin"}]
        stack = {"StackName": StackName, "StackStatus": self.status, "Parameters": parameters}
        return {"Stacks": [{**stack, "Outputs": outputs}]}


class Cognito:
    """A user pool: moto's needs more of PyPI than the rest of the tests together."""

    class exceptions:
        class UserNotFoundException(Exception): ...

        class UsernameExistsException(Exception): ...

        class InvalidPasswordException(Exception): ...

    def __init__(self) -> None:
        self.users: dict[str, dict[str, Any]] = {}

    def admin_create_user(self, Username: str, UserAttributes: list[Any], **_: Any) -> None:
        if Username in self.users:
            raise self.exceptions.UsernameExistsException
        self.users[Username] = {"Username": Username, "Attributes": UserAttributes, "Enabled": True}

    def admin_set_user_password(self, **_: Any) -> None: ...

    def admin_user_global_sign_out(self, **_: Any) -> None: ...

    def admin_add_user_to_group(self, Username: str, GroupName: str, **_: Any) -> None:
        self.users[Username]["Group"] = GroupName

    def admin_enable_user(self, Username: str, **_: Any) -> None:
        if Username not in self.users:
            raise self.exceptions.UserNotFoundException
        self.users[Username]["Enabled"] = True

    def admin_disable_user(self, Username: str, **_: Any) -> None:
        self.admin_enable_user(Username)
        self.users[Username]["Enabled"] = False

    def get_paginator(self, _: str) -> "Cognito":
        return self

    def paginate(self, GroupName: str, **_: Any) -> list[dict[str, Any]]:
        return [{"Users": [user for user in self.users.values() if user["Group"] == GroupName]}]


def deploy(template: Template) -> dict[str, str]:
    """Create what moto's AWS lacks of the stack; return the stack's outputs."""
    outputs = {name: name for name in (*template.tables, *template.functions)}
    for name in template.of_type("AWS::Serverless::StateMachine"):
        outputs[name] = client("stepfunctions").create_state_machine(
            name=name,
            definition=json.dumps(template.definition(name)),
            roleArn="arn:aws:iam::123456789012:role/workflow",
        )["stateMachineArn"]
        outputs[f"{name}Alias"] = outputs[name]
    for bucket in BUCKETS:
        client("s3").create_bucket(
            Bucket=bucket.lower(), CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        outputs[bucket] = bucket.lower()
    for queue in template.of_type("AWS::SQS::Queue"):
        outputs[queue] = client("sqs").create_queue(QueueName=queue)["QueueUrl"]
    outputs["SupplierOrders"] = client("sns").create_topic(Name="orders")["TopicArn"]
    outputs |= {"UserPoolId": "pool", "TillClientId": "till", "ThumbnailsDomain": "thumbnails.example.com"}
    return outputs


def fill(stack: Stack) -> None:
    """Write a row of each kind, through the services where they write it."""
    _catalog_and_customers(stack)
    _stock_and_transfer()
    for table, rows in shop_rows.rows().items():
        for row in rows:
            if table == "OrdersTable":
                row["document"] = json.dumps(ORDER)
            client("dynamodb").put_item(TableName=table, Item=marshal(row))
    _purchases()
    _drafts()
    _shipments()
    _reorders(stack)
    _reconciliation()
    put_images()
    cases = CasesStore(client("dynamodb"), "CasesTable")
    for name in (CASE, "ord-3#CommitStock"):
        cases.open(Opening.model_validate(opening(name)))
    cases.resolve("ord-3#CommitStock", "done", "booked by hand", "ada")
    users.users(stack).create({"username": "ada", "group": "cashier", "location": "store-1"}, "Tillflow-2026")
    for queue in ("DemandDeadLetterQueue", "ImageDeadLetterQueue"):
        client("sqs").send_message(QueueUrl=stack.output(queue), MessageBody='{"order_id": "ord-1"}')
    for name, business_id in (("OrderCheckout", "ord-1"), ("OrderCancel", "ord-3"), ("StockReorder", RUN)):
        client("stepfunctions").start_execution(
            stateMachineArn=stack.output(name), name=business_id, input="{}"
        )


def opening(case_id: str) -> dict[str, Any]:
    return {
        "case_id": case_id,
        "business_id": case_id.partition("#")[0],
        "workflow": "OrderCheckout",
        "side": "forward",
        "step": "CommitStock",
        "failures": [{"step": "CommitStock", "error": "StoreContention", "cause": "rows stayed contended"}],
        "error": "StoreContention",
        "cause": "rows stayed contended",
        "execution": f"arn:aws:states:eu-west-1:123456789012:execution:OrderCheckout:{case_id[:5]}",
        "asked": "2026-11-23T10:00:00Z",
        "task_token": f"token-{case_id}",
    }


IMPORT = {
    "pk": "IMPORT#imp-1",
    "sk": "IMPORT",
    "import_id": "imp-1",
    "dry_run": False,
    "status": "COMPLETE",
    "rows": 1,
    "created": 0,
    "updated": 0,
    "unchanged": 0,
    "refused": 1,
    "problems": [
        {"row": 2, "sku": "TEA", "field": "category", "value": "nope", "accepted": "a category that exists"}
    ],
}


def _catalog_and_customers(stack: Stack) -> None:
    catalog = CatalogStore(client("dynamodb"), "CatalogTable")
    catalog.tax_classes.create(TaxClass.model_validate({"name": "standard", "rate": "0.20"}))
    catalog.categories.put(Category(category="kitchen", name="Kitchen"))
    for sku, barcode in (("MUG", "4006381333931"), ("TEA", "5901234123457")):
        catalog.put_product(
            Product(
                sku=sku,
                name=sku.title(),
                prices={"EUR": 900},
                tax_class="standard",
                tax_included=True,
                barcode=barcode,
                category="kitchen",
            )
        )
    client("dynamodb").put_item(TableName="CatalogTable", Item=marshal(IMPORT))
    about = {"email": "ada@example.com", "phone": "+44 20 7946 0958", "note": "pays cash"}
    Customers(stack).create({"customer_id": "cus-ada", "name": "Ada", **about})
    grant = {"grant_id": "crd-1", "customer_id": "cus-ada", "currency": "EUR", "amount": 500}
    wallets = Wallets(client("dynamodb"), "PaymentsTable")
    wallets.grant(GrantCredit.model_validate(grant | {"reason": "late delivery"}), datetime.now(UTC))


def _stock_and_transfer() -> None:
    stock = StockOperations(client("dynamodb"), "InventoryTable")
    for name in ("store-1", "warehouse"):
        stock.put_location(Location(location=name, name=name.title()))
        stock.receive(f"seed-{name}", name, [ReceiptLine(sku="TEA", quantity=10, cost=4000)], "EUR")
    found = {"adjustment_id": "adj-tea", "location": "store-1", "sku": "TEA", "quantity": -1}
    Corrections(client("dynamodb"), "InventoryTable").adjust(
        Adjust.model_validate(found | {"currency": "EUR", "reason": "dropped"})
    )
    transfers = TransferStore(client("dynamodb"), "InventoryTable")
    opened = {"transfer_id": TRANSFER, "source": "warehouse", "destination": "store-1", "currency": "EUR"}
    lines = [{"sku": "TEA", "quantity": 4}]
    transfers.open(OpenTransfer.model_validate(opened | {"lines": lines, "reason": "restock"}))
    arrival = {"arrival_id": "van-1", "arrived_at": NOW, "lines": [{"sku": "TEA", "quantity": 1}]}
    waits = {"transfer_id": TRANSFER, "waiting_for": "shipment", "waiting_since": "1", "task_token": "none"}
    for change in (
        lambda before: transfer_rules.wait_for(before, AwaitTransfer.model_validate(waits)),
        lambda before: transfer_rules.report_shipment(before, NOW),
        lambda before: transfer_rules.ship(before, {"TEA": 1600}),
        lambda before: transfer_rules.record_arrival(before, Arrival.model_validate(arrival)),
    ):
        transfers.change(TRANSFER, change)


def _drafts() -> None:
    order = {"location": "store-1", "register": "till-1", "currency": "EUR", "note": "Ada comes back"}
    order |= {"lines": [{"sku": "MUG", "quantity": 2}], "customer_id": "cus-ada"}
    DraftOperations(client("dynamodb"), "OrdersTable", NONE_UNKNOWN).create(
        {"draft_id": "drf-1", "order": order}
    )


def _shipments() -> None:
    request = {
        "step": "hand_over",
        "order_id": "ord-1",
        "shipment_id": "ord-1-s1",
        "location": "store-1",
        "currency": "EUR",
        "delivery": {
            "name": "Ada",
            "street": "1 Main St",
            "postal_code": "8001",
            "city": "Zurich",
            "country": "CH",
            "carrier": "manual",
            "service": "standard",
        },
        "lines": [{"line_no": 1, "sku": "MUG", "quantity": 2}],
    }
    ShippingStore(client("dynamodb"), "ShippingTable").add_shipment(HandOver.model_validate(request))


def _purchases() -> None:
    store = PurchaseStore(client("dynamodb"), "PurchasingTable")
    supplier = {
        "supplier_id": "sup-beans",
        "name": "The Roastery",
        "currency": "EUR",
        "lead_time_days": 5,
        "account": "acct_ok",
    }
    store.suppliers.create(Supplier.model_validate(supplier))
    store.suppliers.set_prices("sup-beans", [Price(sku="TEA", unit_cost=400)])
    for order_id in (PURCHASE, OPEN_PURCHASE):
        order = {
            "purchase_order_id": order_id,
            "location": "store-1",
            "currency": "EUR",
            "lines": [{"sku": "TEA", "quantity": 5, "unit_cost": 400}],
            "suppliers": [{"supplier_id": "sup-beans"}],
            "reason": "by hand",
        }
        store.open(OpenOrder.model_validate(order))
        store.send(order_id)
        store.change(order_id, lambda before: purchase_rules.acknowledge(before, date(2026, 11, 24)))
        received = {"receipt_id": f"dn-{order_id}", "received_at": "2026-11-23T09:00:00Z"}
        lines = [{"sku": "TEA", "quantity": 5}]
        receipt = store.receive(order_id, Receipt.model_validate(received | {"lines": lines})).receipts[0]
        store.change(order_id, partial(purchase_rules.book, receipt_id=receipt.receipt_id))
        price = 400 if order_id == PURCHASE else 900
        billed = {"number": f"A-{order_id}", "invoiced_on": TODAY, "total": 5 * price}
        lines = [{"sku": "TEA", "quantity": 5, "unit_price": price}]
        store.bill(order_id, Invoice.model_validate(billed | {"lines": lines}))
    store.match(PURCHASE, accept=0)
    store.change(PURCHASE, lambda before: purchase_invoices.begin_payment(before, "acct_ok"))
    store.change(PURCHASE, lambda before: purchase_invoices.complete_payment(before, "tr-1", NOW))
    store.close(PURCHASE)


def _reorders(stack: Stack) -> None:
    Reorders(stack).create(
        {"location": "store-1", "sku": "TEA", "sources": [{"supplier_id": "sup-beans"}]}, 50
    )
    store = ReplenishmentStore(client("dynamodb"), "ReplenishmentTable")
    store.plan(RUN, *_needs())
    store.group(RUN)
    asked = {"purchase_order_id": "po-9", "run_id": RUN, "asked": "manager", "attempt": "1"}
    approval = asked | {"total": 200_000, "currency": "EUR", "task_token": "token"}
    store.request_approval(AskApproval.model_validate(approval))


def _reconciliation() -> None:
    """Write a complete run with a difference."""
    runs, page = ReconciliationStore(client("dynamodb"), "PaymentsTable"), {"run_id": RECONCILED, "page": 1}
    runs.open(RECONCILED, RECONCILED, NOW)
    compared = ComparePage.model_validate({**page, "cursor": {"stage": "charges", "provider": "sandbox"}})
    subject = Subject("sandbox", "auth-1", "ord-1", 1)
    case = reconciliation_rules.case_of("CaptureMissing", subject, None, None, ())
    finding = Finding(subject, "CaptureMissing", case)
    response: ComparedPage = {"run_id": RECONCILED, "differences": [case], "cursor": None}
    runs.write_page(compared, 0, [finding], response, NOW)
    runs.close(RECONCILED, NOW)


def _needs() -> tuple[list[Need], list[Demand]]:
    need = {"location": "store-1", "sku": "TEA", "available": 9, "on_order": 0, "reorder_point": 50}
    demand = {"location": "store-1", "sku": "TEA", "days": 28, "total": 28, "squares": 28}
    return [Need.model_validate(need)], [Demand.model_validate(demand)]


def put_images() -> None:
    """Write an image that a product shows, and a rejected one."""
    output = {
        "key": "t/1280.webp",
        "type": "image/webp",
        "size": 1280,
        "width": 64,
        "height": 48,
        "bytes": 99,
    }
    common = {
        "sku": "MUG",
        "etag": "e1",
        "version_id": "v1",
        "updated_at": "2026-11-23T10:00:00Z",
        "execution": "arn:aws:states:eu-west-1:123456789012:execution:ImageIngest:front",
    }
    ready = common | {
        "key": IMAGE,
        "image_id": image_id(IMAGE),
        "status": "READY",
        "format": "jpeg",
        "displayed_size": [64, 48],
        "stored_size": [64, 48],
        "camera": "Camera",
        "icc_name": "sRGB",
        "dominant_colour": "#a0522d",
        "placeholder": "",
        "outputs": [output],
    }
    rejected = common | {
        "key": REJECTED,
        "image_id": image_id(REJECTED),
        "status": "REJECTED",
        "reason": "broken",
        "sentence": "the jpeg file cannot be decoded",
        "quarantine": "REJECTED",
        "quarantine_key": REJECTED,
        "outputs": [],
    }
    rows = [{"pk": f"IMAGE#{row['key']}", "sk": "IMAGE", **row} for row in (ready, rejected)]
    rows.append({"pk": "PRODUCT#MUG", "sk": f"IMAGE#{ready['image_id']}", **ready})
    for row in rows:
        client("dynamodb").put_item(TableName="ImagesTable", Item=marshal(row))


type Path = tuple[str | int, ...]


def texts(table: str) -> Iterator[tuple[str, str, Path]]:
    """Yield the keys of each row of a table, and the path of each text in it: `pk`, `sk`, (name, …)."""
    for row in rows(table):
        for name, value in row.items():
            if name not in ("pk", "sk"):
                for path in _paths(value):
                    yield row["pk"], row["sk"], (name, *path)


def rows(table: str) -> list[dict[str, Any]]:
    return [unmarshal(row) for row in client("dynamodb").scan(TableName=table)["Items"]]


def _document(text: str) -> Any:
    """Return the object or list in a text; None if it is another text."""
    try:
        document = json.loads(text)
    except ValueError:
        return None
    return document if isinstance(document, dict | list) else None


def _paths(value: Any) -> Iterator[Path]:
    if isinstance(value, str):
        yield ()
        for path in _paths(_document(value)):
            yield ("json", *path)
    elif isinstance(value, dict | list):
        members = value.items() if isinstance(value, dict) else enumerate(value)
        for name, member in members:
            for path in _paths(member):
                yield (name, *path)


def plant(table: str, pk: str, sk: str, path: Path, text: str) -> None:
    """Write a text into a row."""
    stored = unmarshal(client("dynamodb").get_item(TableName=table, Key=key(pk, sk))["Item"])
    changed = _replaced(stored, path, text)
    client("dynamodb").put_item(TableName=table, Item=marshal(changed))


def _replaced(value: Any, path: Path, text: str) -> Any:
    if not path:
        return text
    first, *others = path
    rest = tuple(others)
    if first == "json":
        return json.dumps(_replaced(json.loads(value), rest, text))
    copy = value.copy()
    copy[first] = _replaced(value[first], rest, text)
    return copy


def deployed(monkeypatch: pytest.MonkeyPatch, template: Template) -> None:
    """Make `find_stack` return the stack of this process."""
    outputs = deploy(template)
    functions = ApiFunctions(template)
    cognito, session = Cognito(), botocore.session.get_session()

    def made(stack: Stack, service: str) -> Any:
        if service == "cloudformation":
            return CloudFormation(outputs)
        if service == "cognito-idp":
            return cognito
        if service == "lambda":
            return functions
        return client(service)

    monkeypatch.setattr(Stack, "client", made)
    # A session for each command would take longer than the command.
    monkeypatch.setattr("botocore.session.get_session", lambda: session)
