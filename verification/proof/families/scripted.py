"""A driver with a script: each step is taken when its document satisfies the step's condition."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tillflow.errors import DomainError, OrderClosed

from verification.harness.fixture import WorkflowFixture
from verification.proof.schedule import CaseSchedule


@dataclass(frozen=True)
class Step[Document, Operations]:
    """An operation on a document, to be called when the document satisfies `when`."""

    when: Callable[[Document], bool]
    do: Callable[[Operations, str], Any]


@dataclass
class ScriptedDriver[Document, Operations]:
    """Takes its steps in order.

    A step that a crash interrupted is taken again; at the end every accepted step is repeated, as a caller without a
    response would.
    """

    business_id: str
    steps: Sequence[Step[Document, Operations]]
    find: Callable[[str], Document | None]
    operations: Callable[[WorkflowFixture], Operations]
    violations: list[str] = field(default_factory=list)
    intervened: bool = False
    _taken: int = 0
    _in_step: bool = False
    _accepted: list[Step[Document, Operations]] = field(default_factory=list)

    def advance(self, fixture: WorkflowFixture, schedule: CaseSchedule, arns: list[str]) -> bool:
        if self._taken == len(self.steps):
            return self._repeat_accepted(fixture)
        step = self.steps[self._taken]
        document = self.find(self.business_id)
        if document is None or not (self._in_step or step.when(document)):
            return False
        self._in_step = True
        with suppress(DomainError):  # a refusal reaches the caller
            step.do(self.operations(fixture), self.business_id)
            self._accepted.append(step)
        self._in_step = False
        self._taken += 1
        return True

    def _repeat_accepted(self, fixture: WorkflowFixture) -> bool:
        repeated, self._accepted = self._accepted, []
        before = self.find(self.business_id)
        for step in repeated:
            try:
                step.do(self.operations(fixture), self.business_id)
            except DomainError as refusal:
                cancelled = (
                    isinstance(refusal, OrderClosed) and getattr(before, "cancel_reason", None) is not None
                )
                if not cancelled:
                    self.violations.append(
                        f"ended: an operation that was accepted is refused when repeated: {refusal}"
                    )
        if self.find(self.business_id) != before:
            self.violations.append("ended: an operation that was accepted has another effect when repeated")
        return bool(repeated)
