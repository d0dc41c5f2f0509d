"""Customers and their credit with the shop, by the services' API functions."""

from collections.abc import Mapping
from typing import Any

from customers.errors import InvalidCustomer, InvalidMerge
from customers.merges.models import MergeCustomer, MergedCustomer
from customers.models import Customer, FoundCustomer, SearchCustomers, StoredCustomer
from payments.credit.models import Account, CreditPolicy, GiftCard, WalletEntry
from tillflow.executions import Started
from tillflow.listing import Page
from tillflow.parsing import parse

from till.services.client import Response, Service
from till.stack import Stack


class Customers:
    """Customers."""

    def __init__(self, stack: Stack) -> None:
        self._service = Service(stack, "CustomersApiFunction")

    def create(self, request: Mapping[str, Any]) -> Customer:
        """Create a customer; the same one again changes nothing. InvalidCustomer, IdempotencyConflict."""
        customer = parse(Customer, request, InvalidCustomer)
        return self._service.call("POST /customers", "sell", body=customer.model_dump()).read(Customer)

    def get(self, customer_id: str) -> StoredCustomer:
        """Return a customer and its version; UnknownCustomer, InvalidCustomer for an id no customer has."""
        response = self._service.call(
            "GET /customers/{customer_id}", "read", path={"customer_id": customer_id}
        )
        found = response.read(FoundCustomer)
        customer = Customer(**found.model_dump(exclude={"merged_into", "merge_id"}))
        return StoredCustomer(
            customer, response.version or 1, merged_into=found.merged_into, merge_id=found.merge_id
        )

    def merge(self, request: Mapping[str, Any]) -> Started:
        """Start the merge of a customer into another one; the same merge again starts nothing.

        InvalidMerge, UnknownCustomer, CustomerAnonymised, CustomerMerged, IdempotencyConflict.
        """
        body = parse(MergeCustomer, request, InvalidMerge).model_dump()
        path = {"customer_id": body.pop("customer_id")}
        return self._service.call(
            "POST /customers/{customer_id}/merge", "manage", path=path, body=body
        ).started

    def find_merge(self, merge_id: str) -> MergedCustomer:
        """Return a merge that was recorded. UnknownMerge."""
        route, path = "GET /customer-merges/{merge_id}", {"merge_id": merge_id}
        return self._service.call(route, "read", path=path).read(MergedCustomer)

    def update(self, customer_id: str, changes: Mapping[str, Any], version: int | None = None) -> Customer:
        """Change fields of a customer at `version`, or at its newest version.

        UnknownCustomer, InvalidCustomer, RecordChanged.
        """
        path = {"customer_id": customer_id}
        route = "PATCH /customers/{customer_id}"
        return self._service.call(route, "sell", path=path, body=dict(changes), version=version).read(
            Customer
        )

    def anonymise(self, customer_id: str) -> StoredCustomer:
        """Remove what identifies a customer; the books keep the id. UnknownCustomer, InvalidCustomer, RecordChanged."""
        path = {"customer_id": customer_id}
        return _stored(self._service.call("POST /customers/{customer_id}/anonymise", "manage", path=path))

    def search(self, request: Mapping[str, Any]) -> list[Customer]:
        """Return the customers with an email or phone, or with words of their name. InvalidCustomer."""
        search = parse(SearchCustomers, request, InvalidCustomer)
        response = self._service.call("POST /customers/search", "read", body=search.model_dump())
        return response.read(list[Customer])

    def list_customers(self, limit: int = 50, after: str = "") -> Page[Customer]:
        """Return a page of customers by id. after: the cursor of the page before."""
        return self._service.pages("GET /customers", "read", "customers", Customer, limit, after)


def _stored(response: Response) -> StoredCustomer:
    return StoredCustomer(response.read(Customer), response.version or 1)


class Credit:
    """Store credit of customers."""

    def __init__(self, stack: Stack) -> None:
        self._service = Service(stack, "PaymentsApiFunction")

    def grant(self, request: Mapping[str, Any]) -> int:
        """Add to a customer's credit, once per grant id; return the balance.

        InvalidRequest, UnknownCustomer, CustomerAnonymised, GoodwillAboveLimit, IdempotencyConflict.
        """
        body = {name: value for name, value in request.items() if name != "customer_id"}
        path = {"customer_id": str(request["customer_id"])}
        response = self._service.call("POST /customers/{customer_id}/credit", "manage", path=path, body=body)
        return int(response.body["balances"].get(request["currency"], 0))

    def balances(self, customer_id: str) -> dict[str, int]:
        """Return a customer's balances in minor units by currency."""
        path = {"customer_id": customer_id}
        balances: dict[str, int] = self._service.call(
            "GET /customers/{customer_id}/credit", "read", path=path
        ).body["balances"]
        return balances

    def entries(self, customer_id: str) -> list[WalletEntry]:
        """Return what was added to a customer's credit and what expired, in the order of its time."""
        path = {"customer_id": customer_id}
        response = self._service.call("GET /customers/{customer_id}/credit/entries", "read", path=path)
        return response.read(list[WalletEntry])

    def policy(self, currency: str) -> CreditPolicy:
        """Return the limit and the expiry of goodwill in a currency. InvalidRequest for an unknown currency."""
        path = {"currency": currency}
        return self._service.call("GET /credit-policies/{currency}", "read", path=path).read(CreditPolicy)

    def set_policy(self, request: Mapping[str, Any]) -> CreditPolicy:
        """Set the limit and the expiry of goodwill in a currency. InvalidRequest."""
        body = {name: value for name, value in request.items() if name != "currency"}
        path = {"currency": str(request["currency"])}
        response = self._service.call("PUT /credit-policies/{currency}", "manage", path=path, body=body)
        return response.read(CreditPolicy)


class GiftCards:
    """Gift cards."""

    def __init__(self, stack: Stack) -> None:
        self._service = Service(stack, "PaymentsApiFunction")

    def issue(self, request: Mapping[str, Any]) -> GiftCard:
        """Put an amount on a new card, once per code. InvalidRequest, GoodwillAboveLimit, IdempotencyConflict."""
        return self._service.call("POST /gift-cards", "manage", body=dict(request)).read(GiftCard)

    def find(self, code: str) -> GiftCard:
        """Return the card of a code; UnknownGiftCard, InvalidRequest."""
        return self._service.call("POST /gift-cards/balance", "sell", body={"code": code}).read(GiftCard)


class Accounts:
    """Accounts of customers who buy on account."""

    def __init__(self, stack: Stack) -> None:
        self._service = Service(stack, "PaymentsApiFunction")

    def set_limit(self, request: Mapping[str, Any]) -> Account:
        """Set the credit limit of a customer in a currency. InvalidRequest, UnknownCustomer, CustomerAnonymised."""
        path = {name: str(request[name]) for name in ("customer_id", "currency")}
        return self._service.call(
            "PUT /customers/{customer_id}/accounts/{currency}",
            "manage",
            path=path,
            body={"credit_limit": request["credit_limit"]},
        ).read(Account)

    def accounts(self, customer_id: str) -> list[Account]:
        """Return the accounts of a customer by currency. InvalidRequest."""
        path = {"customer_id": customer_id}
        response = self._service.call("GET /customers/{customer_id}/accounts", "read", path=path)
        return response.read(list[Account])
