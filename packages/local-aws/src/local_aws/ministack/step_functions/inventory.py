"""What MiniStack has of state machines and roles, to compare with the engine."""

from __future__ import annotations

from ministack.services import iam


def deployed_state_machines() -> dict[str, str]:
    """Map the ARN of each state machine of CloudFormation to the name of its stack."""
    # CloudFormation binds the Step Functions module when it is imported: after `install_step_functions`.
    from ministack.services import cloudformation

    return {
        resource["PhysicalResourceId"]: stack["StackName"]
        for stack in cloudformation._stacks.all_values()
        if not str(stack.get("StackStatus", "")).startswith("DELETE")
        for resource in (stack.get("_resources") or {}).values()
        if resource.get("ResourceType") == "AWS::StepFunctions::StateMachine"
    }


def role_arns() -> set[str]:
    """Return the ARNs of the roles of all accounts."""
    return {role["Arn"] for role in list(iam._roles._data.values())}
