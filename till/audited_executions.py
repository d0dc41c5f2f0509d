"""The executions that an audit takes into account, by their business ids."""

from till.stack import Stack

_NEWEST = 10_000
"""The executions of a workflow that an audit compares with their records: ten calls of ListExecutions."""


def running_id(workflow: str, name: str) -> str:
    """Return the business id of a running execution in an audit."""
    from audit.snapshot import shipment_of

    return shipment_of(name) if workflow == "OrderShipment" else name.partition(".")[0]


def succeeded(stack: Stack) -> dict[str, frozenset[str]]:
    """Return the business ids of the newest executions that succeeded, by workflow."""
    states = stack.client("stepfunctions")
    ended: dict[str, frozenset[str]] = {}
    for workflow, machine in stack.workflows.items():
        pages = states.get_paginator("list_executions").paginate(
            stateMachineArn=machine,
            statusFilter="SUCCEEDED",
            PaginationConfig={"MaxItems": _NEWEST, "PageSize": 1000},
        )
        names = (execution["name"] for page in pages for execution in page["executions"])
        ended[workflow] = frozenset(name.partition(".")[0] for name in names)
    return ended


def running(stack: Stack) -> frozenset[str]:
    """Return the business ids of all running executions. Names of repeated ones end in `.<n>`.

    A shipment runs for days after the sale it is named after is complete: it has an id of its own.
    """
    pages = stack.client("stepfunctions").get_paginator("list_executions")
    return frozenset(
        running_id(workflow, execution["name"])
        for workflow, machine in stack.workflows.items()
        for page in pages.paginate(stateMachineArn=machine, statusFilter="RUNNING")
        for execution in page["executions"]
    )
