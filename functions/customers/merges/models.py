"""Requests and responses of merges."""

from typing import TypedDict

from tillflow.fields import BusinessId, Record

from customers.models import CustomerId


class MergeCustomer(Record):
    """A request to merge a customer into a survivor, once per merge id. It cannot be undone."""

    merge_id: BusinessId
    customer_id: CustomerId
    survivor_id: CustomerId


class MergeRef(Record):
    """The id of a merge."""

    merge_id: BusinessId


class MergedCustomer(TypedDict):
    """A merge that was recorded: the customer points to the survivor."""

    merge_id: str
    customer_id: str
    survivor_id: str
