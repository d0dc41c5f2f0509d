"""People who say their lines: each once the document they act on is as they wait for."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from tillflow.errors import DomainError, OrderClosed

from verification.harness.harness import Bench
from verification.proof.plan import CasePlan


class Cancellable(Protocol):
    """A document; once it is being cancelled it says why."""

    @property
    def cancel_reason(self) -> str | None: ...


@dataclass(frozen=True)
class Move[Document: Cancellable, Desk]:
    """What somebody says at a desk once a document is so."""

    when: Callable[[Document], bool]
    do: Callable[[Desk, str], Any]


@dataclass
class Script[Document: Cancellable, Desk]:
    """Plays its moves one after another. One that a crash interrupted is made again, as a person would; and in the end
    all that was heard is said once more, as one does who had no answer."""

    business_id: str
    moves: Sequence[Move[Document, Desk]]
    find: Callable[[str], Document | None]
    desk: Callable[[Bench], Desk]
    found: list[str] = field(default_factory=list)
    needed: bool = False
    _made: int = 0
    _making: bool = False
    _heard: list[Move[Document, Desk]] = field(default_factory=list)

    def act(self, bench: Bench, plan: CasePlan, arns: list[str]) -> bool:
        if self._made == len(self.moves):
            return self._say_again(bench)
        move = self.moves[self._made]
        document = self.find(self.business_id)
        if document is None or not (self._making or move.when(document)):
            return False
        self._making = True
        with suppress(DomainError):  # whoever said it is told why not
            move.do(self.desk(bench), self.business_id)
            self._heard.append(move)
        self._making = False
        self._made += 1
        return True

    def _say_again(self, bench: Bench) -> bool:
        again, self._heard = self._heard, []
        before = self.find(self.business_id)
        for move in again:
            try:
                move.do(self.desk(bench), self.business_id)
            except DomainError as refusal:
                undone = isinstance(refusal, OrderClosed) and before and before.cancel_reason is not None
                if not undone:
                    self.found.append(
                        f"ended: what had been heard is refused when it is said again: {refusal}"
                    )
        if self.find(self.business_id) != before:
            self.found.append("ended: what had been heard changes something when it is said again")
        return bool(again)
