"""Updates of nested stacks in CloudFormation.

MiniStack 1.5.33 drops the attributes of a nested stack's resources that an update does not change: what reads one of
them, such as a function its role's ARN, fails, and the stack cannot be updated again.
"""

from __future__ import annotations

import contextvars
from typing import Any

type Document = dict[str, Any]

_stored: contextvars.ContextVar[dict[str, Document] | None] = contextvars.ContextVar("stored", default=None)
"""The resources of the nested stack that is being updated, as they were before."""


def install_nested_stacks() -> None:
    """Keep the attributes of resources that the update of a nested stack leaves as they are."""
    from ministack.services.cloudformation import _stacks, provisioners

    update_resource = provisioners._update_resource
    handlers = provisioners._RESOURCE_HANDLERS["AWS::CloudFormation::Stack"]
    update_stack = handlers["update"]

    def update_with_attributes(
        kind: str,
        physical_id: str,
        old: Document,
        new: Document,
        stack: str,
        logical_id: str | None = None,
        attributes: Document | None = None,
    ) -> Any:
        if attributes is None:
            attributes = (_stored.get() or {}).get(logical_id or "", {}).get("Attributes")
        return update_resource(kind, physical_id, old, new, stack, logical_id, attributes)

    def update_nested(physical_id: str, old: Document, new: Document, stack: str) -> Any:
        record = _stacks.get(provisioners._nested_stack_lookup_name(physical_id)) or {}
        token = _stored.set(dict(record.get("_resources") or {}))
        try:
            return update_stack(physical_id, old, new, stack)
        finally:
            _stored.reset(token)

    provisioners._update_resource = update_with_attributes
    handlers["update"] = update_nested
