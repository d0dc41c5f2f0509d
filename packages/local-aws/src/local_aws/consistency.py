"""Check that MiniStack and the engine agree on state machines and roles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StateMachine:
    """A state machine of the engine; `stack` is the CloudFormation stack that its tags name."""

    arn: str
    role_arn: str
    stack: str | None = None

    @property
    def name(self) -> str:
        return self.arn.rpartition(":")[2]


def inconsistencies(
    machines: Iterable[StateMachine],
    deployed: Mapping[str, str],
    roles: set[str],
) -> list[str]:
    """Return a message for each thing that only one side has.

    `deployed` maps the state machine ARNs of CloudFormation to their stacks.
    """
    known = {machine.arn: machine for machine in machines}
    lines = [
        f"State machine {arn.rpartition(':')[2]} is in stack {stack} but missing in the engine:"
        " delete the stack and deploy it again."
        for arn, stack in sorted(deployed.items())
        if arn not in known
    ]
    lines += [
        f"State machine {machine.name} is in the engine but missing in stack {machine.stack}: deploy it again."
        for arn, machine in sorted(known.items())
        if machine.stack is not None and arn not in deployed
    ]
    lines += [
        f"State machine {machine.name} has role {machine.role_arn}, which does not exist: its tasks will fail."
        for arn, machine in sorted(known.items())
        if machine.role_arn not in roles
    ]
    return lines
