"""A customer, and the requests and responses of the customers service."""

from dataclasses import dataclass
from typing import Annotated, NotRequired, Self, TypedDict

from pydantic import ConfigDict, Field, StrictInt, model_validator
from tillflow.fields import VISIBLE_LINE, BusinessId, Record, Request

CustomerId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class Address(Record):
    """An address as it is printed on an invoice. country: its ISO 3166 code."""

    model_config = ConfigDict(str_strip_whitespace=True)

    street: Annotated[str, Field(min_length=1, max_length=200, pattern=VISIBLE_LINE)]
    postal_code: Annotated[str, Field(max_length=16, pattern=r"^[A-Za-z0-9 -]*$")] = ""
    city: Annotated[str, Field(min_length=1, max_length=100, pattern=VISIBLE_LINE)]
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class Customer(Record):
    """A customer. email and phone are how to reach them; either may be missing."""

    model_config = ConfigDict(str_strip_whitespace=True)

    customer_id: CustomerId
    name: Annotated[str, Field(min_length=1, max_length=120, pattern=VISIBLE_LINE)]
    email: Annotated[
        str | None, Field(max_length=254, pattern=r"^[^@\s\p{Cc}]+@[^@\s\p{Cc}]+\.[^@\s\p{Cc}]+$")
    ] = None
    phone: Annotated[str | None, Field(pattern=r"^\+?[0-9][0-9 ()/-]{4,24}$")] = None
    note: Annotated[str, Field(max_length=1000, pattern=r"^(\P{Cc}|\n)*$")] = ""
    billing_address: Address | None = None
    vat_id: Annotated[str | None, Field(pattern=r"^[A-Z]{2}[A-Z0-9+*]{2,12}$")] = None


@dataclass(frozen=True, slots=True)
class StoredCustomer:
    """A customer, the version of its record, which an update names, when it was anonymised, its survivor and merge."""

    customer: Customer
    version: int
    anonymised_at: str | None = None
    merged_into: str | None = None
    merge_id: str | None = None


class FoundCustomer(Customer):
    """A customer. merged_into, merge_id: the survivor of its merge, and the name of its execution; null without one."""

    merged_into: CustomerId | None = None
    merge_id: BusinessId | None = None


class SearchCustomers(Record):
    """A search by email or phone, which match whole, or by the beginning of a word of the name."""

    model_config = ConfigDict(str_strip_whitespace=True)

    email: Annotated[str | None, Field(min_length=3, max_length=254)] = None
    phone: Annotated[str | None, Field(pattern=r"^\+?[0-9][0-9 ()/-]{4,24}$")] = None
    name: Annotated[str | None, Field(min_length=2, max_length=120)] = None
    limit: Annotated[StrictInt, Field(gt=0, le=100)] = 20

    @model_validator(mode="after")
    def one_of_them(self) -> Self:
        if sum(value is not None for value in (self.email, self.phone, self.name)) != 1:
            raise ValueError("one of email, phone and name")
        return self


class CheckCustomer(Request):
    """A request to check that a customer exists.

    billing: return what is printed on an invoice, too; merged: accept one that was merged, for what it bought before.
    """

    customer_id: CustomerId
    billing: bool = False
    merged: bool = False


class BillingIdentity(TypedDict):
    """A customer as it is printed on an invoice, and where it is mailed to."""

    name: str
    billing_address: dict[str, str] | None
    vat_id: str | None
    email: str | None


class CheckedCustomer(TypedDict):
    """A customer that exists; `billing` if the request asks for it."""

    customer_id: str
    billing: NotRequired[BillingIdentity]
