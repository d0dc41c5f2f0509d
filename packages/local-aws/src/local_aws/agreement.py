"""Do MiniStack and the engine tell the same story? They forget differently when the stack is killed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from .saving import LastSave

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Machine:
    """A state machine as the engine knows it; `stack` is the CloudFormation stack its tags name."""

    arn: str
    role_arn: str
    stack: str | None = None

    @property
    def name(self) -> str:
        return self.arn.rpartition(":")[2]


def disagreements(
    machines: Iterable[Machine],
    deployed: Mapping[str, str],
    roles: set[str],
    last_save: LastSave | None,
    later_executions: Iterable[str],
) -> list[str]:
    """A sentence for each thing known on one side only.

    `deployed` maps the ARNs CloudFormation believes in to their stacks; `later_executions` are names of
    executions that started or ended after `last_save`.
    """
    known = {machine.arn: machine for machine in machines}
    lines = [
        f"State machine {arn.rpartition(':')[2]} is in stack {stack} but the engine does not know it:"
        " `till reset`, then deploy."
        for arn, stack in sorted(deployed.items())
        if arn not in known
    ]
    lines += [
        f"The engine keeps state machine {machine.name} of stack {machine.stack}, which has it no more: deploy again."
        for arn, machine in sorted(known.items())
        if machine.stack is not None and arn not in deployed
    ]
    lines += [
        f"State machine {machine.name} acts as {machine.role_arn}, which IAM does not know: its tasks will fail."
        for arn, machine in sorted(known.items())
        if machine.role_arn not in roles
    ]
    later = list(later_executions)
    if last_save is not None and not last_save.clean and later:
        at = datetime.fromtimestamp(last_save.at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        more = f" and {len(later) - _SHOWN} more" if len(later) > _SHOWN else ""
        lines.append(
            f"The stack was killed: its services are as of {at}, its executions as of the kill."
            f" {', '.join(later[:_SHOWN])}{more} went on after that; `till audit` shows what no longer adds up."
        )
    return lines
