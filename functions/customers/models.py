"""A customer, and the requests and responses of the customers service."""

from dataclasses import dataclass
from typing import Annotated, TypedDict

from pydantic import ConfigDict, Field
from tillflow.fields import Record, Request

CustomerId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class Customer(Record):
    """A customer. email and phone are how to reach them; either may be missing."""

    model_config = ConfigDict(str_strip_whitespace=True)

    customer_id: CustomerId
    name: Annotated[str, Field(min_length=1, max_length=120, pattern=r"^\P{Cc}+$")]
    email: Annotated[
        str | None, Field(max_length=254, pattern=r"^[^@\s\p{Cc}]+@[^@\s\p{Cc}]+\.[^@\s\p{Cc}]+$")
    ] = None
    phone: Annotated[str | None, Field(pattern=r"^\+?[0-9][0-9 ()/-]{4,24}$")] = None
    note: Annotated[str, Field(max_length=1000, pattern=r"^(\P{Cc}|\n)*$")] = ""


@dataclass(frozen=True, slots=True)
class StoredCustomer:
    """A customer and the version of its record, which an update names."""

    customer: Customer
    version: int


class CheckCustomer(Request):
    """A request to check that a customer exists."""

    customer_id: CustomerId


class CheckedCustomer(TypedDict):
    """A customer that exists."""

    customer_id: str
