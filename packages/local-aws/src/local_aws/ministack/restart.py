"""What the end of a process interrupts in MiniStack, and does not continue after the next start."""

from __future__ import annotations

from typing import Any

_REASON = "The local AWS stopped during this operation."


def fail_interrupted_deployments(state: dict[str, Any]) -> None:
    """Set the status of CloudFormation stacks that were in progress to the failed one."""
    for stack in state["stacks"]._data.values():
        status = str(stack.get("StackStatus", ""))
        if status.endswith("_IN_PROGRESS"):
            stack["StackStatus"] = _failed(status)
            stack["StackStatusReason"] = _REASON


def _failed(status: str) -> str:
    operation = status.removesuffix("_IN_PROGRESS").removesuffix("_COMPLETE_CLEANUP")
    return "CREATE_FAILED" if operation == "REVIEW" else f"{operation}_FAILED"
