"""A manager's approval of an order's discounts: the note that a till sends, and who sent it.

Any person may repeat the request: a till sends it again when a response was lost, and the manager may have left by
then.
"""

import json
from collections.abc import Mapping
from typing import Any

from tillflow.executions import describe_execution

from orders.errors import OverrideNotAllowed


def approver_in(order: Any) -> str | None:
    """Return the manager who approved an order, as its workflow got it; None if it has no approval."""
    approval = order.get("approval") if isinstance(order, dict) else None
    return approval["manager"] if isinstance(approval, dict) else None


def approver_of(states: Any, arn: str) -> str | None:
    """Return the manager who approved the order of a checkout; None if it has no approval or was not started."""
    execution = describe_execution(states, arn)
    return None if execution is None else approver_in(json.loads(execution["input"]))


def with_approval(request: Mapping[str, Any], manager: str | None) -> dict[str, Any]:
    """Return an order with the manager who approves it in place of the note alone. OverrideNotAllowed without one."""
    order = {name: value for name, value in request.items() if name != "approval_note"}
    note = request.get("approval_note")
    if note is None:
        return order
    if manager is None:
        raise OverrideNotAllowed("approval_note", "discounts above the limit of a cashier")
    return {**order, "approval": {"manager": manager, "note": note}}
