"""Operations on merges. The command line and the HTTP API call them."""

from collections.abc import Mapping
from typing import Any

from tillflow.executions import Started, start_once
from tillflow.parsing import parse

from customers.errors import InvalidMerge
from customers.merges.models import MergeCustomer, MergedCustomer, MergeRef
from customers.merges.rules import check_different
from customers.merges.store import MergesStore


class MergeOperations:
    """Merges of customers. dynamodb, states: clients; workflow: the ARN of the state machine."""

    def __init__(self, dynamodb: Any, states: Any, table: str, workflow: str) -> None:
        self._store = MergesStore(dynamodb, table)
        self._states = states
        self._workflow = workflow

    def merge(self, request: Mapping[str, Any]) -> Started:
        """Start the merge of a customer into a survivor; the same merge again starts nothing.

        InvalidMerge, UnknownCustomer, CustomerAnonymised, CustomerMerged, IdempotencyConflict.
        """
        merge = parse(MergeCustomer, request, InvalidMerge)
        check_different(merge)
        self._store.check(merge)
        return start_once(
            self._states, self._workflow, merge.merge_id, merge.model_dump(), f"merge {merge.merge_id}"
        )

    def find(self, merge_id: str) -> MergedCustomer:
        """Return a merge that was recorded. UnknownMerge, InvalidMerge."""
        return self._store.find(parse(MergeRef, {"merge_id": merge_id}, InvalidMerge).merge_id)
