"""Interleave processes at their requests: one runs at a time, and a random choice decides which continues.

Threads alone interleave as the operating system happens to schedule them. Here a seed decides, so that an order of
requests that breaks an invariant is found again.
"""

import threading
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

_PATIENCE = 60.0


class Turns:
    """Gives one of the processes that wait before a request its turn, when all of them wait."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._changed = threading.Condition()
        self._running: set[str] = set()
        self._waiting: set[str] = set()
        self._turn = ""

    def before(self, operation: str, params: dict[str, Any]) -> None:
        """Wait for the turn of the process that makes a request; other threads are not interleaved."""
        name = threading.current_thread().name
        if name not in self._running:
            return
        with self._changed:
            self._waiting.add(name)
            self._choose()
            if not self._changed.wait_for(lambda: self._turn == name, _PATIENCE):
                raise TimeoutError(f"process {name} had no turn for {_PATIENCE:.0f} s")
            self._turn = ""
            self._waiting.remove(name)

    def run(self, processes: Sequence[Callable[[], Any]]) -> list[Any]:
        """Run processes to their ends; return what each returned or raised, in their order."""
        outcomes: list[Any] = [None] * len(processes)

        def run(number: int) -> None:
            try:
                outcomes[number] = processes[number]()
            except Exception as error:
                outcomes[number] = error
            finally:
                with self._changed:
                    self._running.remove(str(number))
                    self._choose()

        self._running = {str(number) for number in range(len(processes))}
        threads = [
            threading.Thread(target=run, args=(number,), name=str(number)) for number in range(len(processes))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return outcomes

    def _choose(self) -> None:
        if self._waiting and not self._turn and self._waiting == self._running:
            self._turn = self._random.choice(sorted(self._waiting))
        self._changed.notify_all()


class InTurns:
    """A client of DynamoDB whose calls wait for the turn of their process."""

    def __init__(self, client: Any, turns: Turns) -> None:
        self._client = client
        self._turns = turns

    def __getattr__(self, operation: str) -> Any:
        real = getattr(self._client, operation)

        def call(**request: Any) -> Any:
            self._turns.before(operation, request)
            return real(**request)

        return call if operation in self._client.meta.method_to_api_mapping else real
