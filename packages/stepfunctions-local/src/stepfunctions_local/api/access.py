"""Access to resources of other accounts, which have no resource-based policies: AWS denies it."""

from collections.abc import Mapping
from typing import Any

from ..errors import ApiError

_ARNS = (
    "stateMachineArn",
    "stateMachineVersionArn",
    "stateMachineAliasArn",
    "executionArn",
    "activityArn",
    "mapRunArn",
    "resourceArn",
)


def check_account(operation: str, params: Mapping[str, Any], account: str, *also: str) -> None:
    """Raise ApiError AccessDeniedException for a resource that is not of the caller's account or of `also`."""
    for name in _ARNS:
        arn = params.get(name)
        pieces = arn.split(":") if isinstance(arn, str) else ()
        if len(pieces) < 7 or pieces[2] != "states":
            continue  # an invalid ARN is rejected with its own error
        if pieces[4] not in (account, *also):
            action = f"states:{operation}"
            raise ApiError(
                "AccessDeniedException",
                f"User: arn:{pieces[1]}:iam::{account}:root is not authorized to perform: {action} on resource: "
                f"{arn} because no resource-based policy allows the {action} action",
            )
