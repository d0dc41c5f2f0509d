"""Business processes as calls of their functions, in the order of their workflows, for tests that interleave them.

Contention is retried as a workflow does. A refusal of a function ends a process; what it has done is undone.
"""

import json
from typing import Any

from stepfunctions_local.errors import StateError
from tillflow.aws import client
from tillflow.store import key, marshal

from till.shop import CURRENCY
from verification.harness.fixture import with_stored_cards
from verification.proof.families.orders import BUYER, SURVIVOR, Request, merge, placed, take_back
from verification.proof.families.returns import book, received
from verification.proof.services import ProofServices

DELIVERIES = 60


class Processes:
    """Processes of one shop."""

    def __init__(self, services: ProofServices) -> None:
        self._services = services

    def call_task(self, name: str, **event: Any) -> Any:
        """Call the function of a task until it finds no contention."""
        for delivery in range(DELIVERIES):
            try:
                return self._services.call_task(name, **event)
            except StateError as error:
                if error.error != "StoreContention" or delivery == DELIVERIES - 1:
                    raise
        raise AssertionError

    def sell(self, request: Request, order_id: str) -> str:
        """Sell an order, or reject it."""
        priced = self.call_task("PriceOrder", **with_stored_cards(placed(request, order_id)))
        about = {name: priced[name] for name in ("order_id", "location", "currency", "placed_at")}
        about |= {"execution": f"execution:{order_id}", "total": priced["totals"]["total"]}
        order = {
            "status": "PLACED",
            "document": json.dumps(priced),
            "customer_id": priced["customer_id"] or "-",
        }
        _put("OrdersTable", f"ORDER#{order_id}", "ORDER", {**about, **order, "list": "ORDERS"})
        invoice = {"status": "DRAFT", "invoice_id": order_id, "register_id": priced["register"]}
        _put("BillingTable", f"INVOICE#{order_id}", "INVOICE", {**about, **invoice})
        try:
            tenders = self._pay(priced)
        except StateError as refusal:
            self.call_task("ReversePayment", order_id=order_id)
            self.call_task("ReleaseStock", order_id=order_id)
            _set_status("OrdersTable", f"ORDER#{order_id}", "ORDER", "REJECTED")
            _set_status("BillingTable", f"INVOICE#{order_id}", "INVOICE", "VOID")
            return str(refusal.error)
        cost = self.call_task("CommitStock", order_id=order_id)["cost"]
        number = self.call_task(
            "IssueInvoice",
            order_id=order_id,
            customer_id=priced["customer_id"],
            tenders=tenders,
            document={name: priced[name] for name in ("lines", "taxes", "totals")},
        )["invoice_number"]
        self.call_task("PostJournal", order=priced, tenders=tenders, cost=cost, invoice_number=number)
        _set_status("OrdersTable", f"ORDER#{order_id}", "ORDER", "PAID")
        return "PAID"

    def _pay(self, priced: Any) -> Any:
        order_id = priced["order_id"]
        lines = [{"sku": line["sku"], "quantity": line["quantity"]} for line in priced["lines"]]
        self.call_task("ReserveStock", order_id=order_id, location=priced["location"], lines=lines)
        charged = {
            name: priced[name] for name in ("order_id", "currency", "location", "customer_id", "tenders")
        }
        self.call_task("AuthorisePayment", **charged)
        return self.call_task("CapturePayment", order_id=order_id)["tenders"]

    def cancel(self, order_id: str) -> str:
        """Cancel a paid order, unless units of it are returned."""
        orders = client("dynamodb")
        try:
            orders.update_item(
                TableName="OrdersTable",
                Key=key(f"ORDER#{order_id}", "ORDER"),
                UpdateExpression="SET cancel_execution = :execution",
                ConditionExpression="#status = :paid AND attribute_not_exists(#returns)",
                ExpressionAttributeNames={"#status": "status", "#returns": "returns"},
                ExpressionAttributeValues=marshal({":execution": "cancel", ":paid": "PAID"}),
            )
        except orders.exceptions.ConditionalCheckFailedException:
            return "PAID"
        take_back(self, order_id)
        return "CANCELLED"

    def bring_back(self, return_id: str, order_id: str, line: Request, refund: str = "original") -> str:
        """Return units of an order."""
        execution = f"execution:{return_id}"
        request = {"return_id": return_id, "order_id": order_id, "currency": CURRENCY, "lines": [line]}
        try:
            claimed = self.call_task("ClaimReturn", **request, refund=refund, execution=execution)
        except StateError as refusal:
            return str(refusal.error)
        try:
            refunds = self.call_task(
                "RefundPayment",
                return_id=return_id,
                order_id=order_id,
                currency=CURRENCY,
                amount=claimed["totals"]["total"],
                refund=refund,
                customer_id=claimed["customer_id"],
                received=received(order_id),
            )["refunds"]
        except StateError as refusal:
            self.call_task("ReleaseReturn", return_id=return_id, execution=execution)
            return str(refusal.error)
        book(self, claimed, refunds)
        return "COMPLETED"

    def pay(self, payment_id: str, amount: int) -> str:
        """Receive a payment of the customer for open invoices."""
        request = {"payment_id": payment_id, "customer_id": BUYER.customer_id, "currency": CURRENCY}
        try:
            payment = self.call_task("ReceivePayment", **request, amount=amount, method="cash")
        except StateError as refusal:
            return str(refusal.error)
        self.call_task(
            "SettleAccount", **{name: payment[name] for name in (*request, "allocated", "overpayment")}
        )
        posted = ("payment_id", "currency", "method", "amount", "allocated", "overpayment")
        self.call_task("PostJournal", payment={name: payment[name] for name in posted})
        return "PAID"

    def merge(self, order_id: str) -> str:
        """Merge the customer into the other one."""
        request = merge(order_id)
        self.call_task("MergeCustomer", **request)
        self.call_task("MergeAccounts", **request)
        for table in ("OrdersTable", "BillingTable"):
            _put(table, f"MERGED#{BUYER.customer_id}", "INTO", request)
            _put(table, f"MERGED#{SURVIVOR.customer_id}", f"FROM#{BUYER.customer_id}", request)
        return "MERGED"


def _put(table: str, pk: str, sk: str, row: Request) -> None:
    client("dynamodb").put_item(TableName=table, Item=marshal({"pk": pk, "sk": sk, **row}))


def _set_status(table: str, pk: str, sk: str, status: str) -> None:
    client("dynamodb").update_item(
        TableName=table,
        Key=key(pk, sk),
        UpdateExpression="SET #status = :status",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues=marshal({":status": status}),
    )
