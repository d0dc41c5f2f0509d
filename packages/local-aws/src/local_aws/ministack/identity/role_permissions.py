"""What an execution role may do, for checks that AWS makes when a resource is created."""

from __future__ import annotations

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam


def may_assume(role_arn: str, service: str) -> bool:
    """Return whether a role exists and trusts a service, such as lambda.amazonaws.com."""
    role = iam._roles.get(role_arn.rpartition("/")[2])
    if role is None:
        return False
    context = iam_evaluator.EvalContext(
        principal_arn=service,
        principal_type="Service",
        principal_account=get_account_id(),
        action="sts:AssumeRole",
        resource_arn=role_arn,
        region=get_region(),
    )
    document = role.get("AssumeRolePolicyDocument") or {}
    return str(iam_evaluator.evaluate_resource_policy(document, context, service).decision) == "Allow"


def missing_permission(role_arn: str, actions: tuple[str, ...], resource: str) -> str | None:
    """Return the first action on a resource that a role may not perform; None if it may perform all."""
    account, name = role_arn.split(":")[4], role_arn.rpartition("/")[2]
    policies = iam_evaluator._gather_role_policies(name, account)
    limits = iam_evaluator._permissions_boundary(iam._roles, name, account)
    for action in actions:
        context = iam_evaluator.EvalContext(
            principal_arn=f"arn:aws:sts::{account}:assumed-role/{name}/awslambda",
            principal_type="AssumedRole",
            principal_account=account,
            action=action,
            resource_arn=resource,
            region=get_region(),
        )
        decision = iam_evaluator.evaluate(context, policies, *limits)
        own = iam_evaluator._resource_policy(action.partition(":")[0], resource)
        if own is not None:
            decision = iam_evaluator.combine_resource_policy(decision, context, *own, limits=limits)
        if decision.decision != "Allow":
            return action
    return None
