"""People who say their lines: each once the document they act on is as they wait for."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tillflow.errors import DomainError

from tests.proof.plan import CasePlan
from tests.sagas.harness import Bench


@dataclass(frozen=True)
class Move[Document, Desk]:
    """What somebody says at a desk once a document is so."""

    when: Callable[[Document], bool]
    do: Callable[[Desk, str], Any]


@dataclass
class Script[Document, Desk]:
    """Plays its moves one after another. One that a crash interrupted is made again, as a person would."""

    business_id: str
    moves: Sequence[Move[Document, Desk]]
    find: Callable[[str], Document | None]
    desk: Callable[[Bench], Desk]
    found: list[str] = field(default_factory=list)
    needed: bool = False
    _made: int = 0
    _making: bool = False

    def act(self, bench: Bench, plan: CasePlan, arns: list[str]) -> bool:
        if self._made == len(self.moves):
            return False
        move = self.moves[self._made]
        document = self.find(self.business_id)
        if document is None or not (self._making or move.when(document)):
            return False
        self._making = True
        with suppress(DomainError):  # whoever said it is told why not
            move.do(self.desk(bench), self.business_id)
        self._making = False
        self._made += 1
        return True
