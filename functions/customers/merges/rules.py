"""Which merges are accepted. Pure."""

from customers.errors import InvalidMerge
from customers.merges.models import MergeCustomer


def check_different(merge: MergeCustomer) -> None:
    """Raise InvalidMerge if a customer would be merged into itself."""
    if merge.customer_id == merge.survivor_id:
        raise InvalidMerge("survivor_id", merge.survivor_id, "another customer than the merged one")
