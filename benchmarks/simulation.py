"""Discrete-event simulations: the concurrency that sales and images share, and rows that many orders write.

They simulate what cannot be measured on one machine: an account's concurrency limit and DynamoDB's conflicts. The
durations of the functions are measured (durations.json); the rest are constants below. Seeded: a run repeats exactly.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from random import Random

type Process = Generator[float]
"""Yields how many seconds to wait."""

TRANSITION_SECONDS = 0.02
READ_SECONDS, TRANSACTION_SECONDS = 0.003, 0.012
# Lambda's pollers of a standard queue: five at first, 300 more each minute.
FIRST_POLLERS, POLLERS_PER_SECOND = 5, 5.0
INGEST_POLLS = (0.5, 1.0, 2.0, 4.0)


class Clock:
    """Runs processes in the order of their time."""

    def __init__(self) -> None:
        self.now = 0.0
        self._numbers = count()
        self._queue: list[tuple[float, int, Process]] = []

    def start(self, process: Process, at: float = 0) -> None:
        heappush(self._queue, (at, next(self._numbers), process))

    def run(self) -> None:
        while self._queue:
            self.now, _, process = heappop(self._queue)
            for pause in process:
                heappush(self._queue, (self.now + pause, next(self._numbers), process))
                break


def percentile(values: list[float], share: float) -> float:
    """Return the value below which this share of the values is; 0 of none."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)] if values else 0.0


def jitter(random: Random, attempt: int, longest: float) -> float:
    """Return the pause before a Retry of a workflow: 1 s, doubled, at most `longest`, with full jitter."""
    return random.uniform(0, min(2.0**attempt, longest))


# Isolation of sales from images


@dataclass(frozen=True, slots=True)
class Durations:
    """Seconds of each function of a sale and of an image, in the order in which they are called."""

    sale: tuple[float, ...]
    image: tuple[float, ...]
    before_pivot: int = 4
    """So many functions of a sale, the capture included, are compensated if they keep being throttled."""


@dataclass(frozen=True, slots=True)
class Isolation:
    """`limit`: concurrency of the account. `maximum`: the queue's MaximumConcurrency; None for a queue without one, 0
    for a rule that starts every ingest at once."""

    limit: int
    maximum: int | None
    orders_per_second: float = 2.0
    orders: int = 600
    uploads: int = 1_000
    uploaded_at: float = 30.0


@dataclass
class Outcome:
    """refused: orders that were compensated for want of concurrency; seconds: of the others, from start to end."""

    refused: int = 0
    seconds: list[float] = field(default_factory=list)
    images: int = 0
    images_failed: int = 0
    images_done_after: float = 0.0


class Account:
    """The concurrency of an account, which the functions of all share."""

    def __init__(self, clock: Clock, random: Random, limit: int) -> None:
        self._clock, self._random, self.limit = clock, random, limit
        self.in_flight = 0

    @property
    def is_full(self) -> bool:
        return self.in_flight >= self.limit

    def call(self, seconds: float, attempts: int, longest: float, ended: Callable[[bool], None]) -> Process:
        """Call a function, and retry it as a workflow does while it is throttled; report whether it ran."""
        for attempt in range(attempts + 1):
            if not self.is_full:
                self.in_flight += 1
                yield seconds
                self.in_flight -= 1
                ended(True)
                return
            if attempt < attempts:
                yield jitter(self._random, attempt, longest)
        ended(False)

    def sale(self, durations: Durations, outcome: Outcome) -> Process:
        """Run a sale; one whose functions before the pivot stay throttled is refused."""
        started, done = self._clock.now, [True]
        for number, seconds in enumerate(durations.sale):
            compensated = number < durations.before_pivot
            attempts, longest = (5, 8.0) if compensated else (10, 60.0)
            yield from self.call(seconds, attempts, longest, done.append)
            if not done[-1] and compensated:
                outcome.refused += 1
                return
            yield TRANSITION_SECONDS
        outcome.seconds.append(self._clock.now - started)


@dataclass(frozen=True, slots=True)
class Backlog:
    """`maximum`: MaximumConcurrency of each queue, None for none. `messages`: of each queue when all are redriven."""

    limit: int
    maximum: int | None
    orders_per_second: float = 2.0
    orders: int = 600
    queues: int = 4
    messages: int = 20_000
    redriven_at: float = 30.0


def simulate_backlog(
    case: Backlog, durations: Durations, batch: float, seed: int = 1
) -> tuple[Outcome, float]:
    """Return how orders end while queues of events are worked off, and after how long these are empty.

    batch: seconds of a batch of ten messages. A throttled poller tries again after a second.
    """
    clock, outcome = Clock(), Outcome()
    account = Account(clock, Random(seed), case.limit)  # noqa: S311 (repeatable)
    waiting, emptied = [-(-case.messages // 10)] * case.queues, 0.0

    def poller(queue: int) -> Process:
        nonlocal emptied
        while waiting[queue]:
            if account.is_full:
                yield 1.0
                continue
            waiting[queue] -= 1
            account.in_flight += 1
            yield batch
            account.in_flight -= 1
            emptied = clock.now - case.redriven_at

    for number in range(case.orders):
        clock.start(account.sale(durations, outcome), number / case.orders_per_second)
    for queue in range(case.queues):
        for number in range(case.maximum or min(waiting[queue], case.limit)):
            began = max(0.0, (number - FIRST_POLLERS) / POLLERS_PER_SECOND)
            clock.start(poller(queue), case.redriven_at + began)
    clock.run()
    return outcome, emptied


def simulate_isolation(case: Isolation, durations: Durations, seed: int = 1) -> Outcome:
    """Return how orders and uploads end that share the concurrency of an account."""
    clock, outcome = Clock(), Outcome()
    account = Account(clock, Random(seed), case.limit)  # noqa: S311 (repeatable)

    def image() -> Process:
        done = [True]
        for seconds in durations.image:
            yield from account.call(seconds, 10, 60.0, done.append)
            if not done[-1]:
                outcome.images_failed += 1
                return
            yield TRANSITION_SECONDS
        outcome.images += 1
        outcome.images_done_after = clock.now - case.uploaded_at

    waiting = case.uploads

    def poller() -> Process:
        nonlocal waiting
        while waiting:
            if account.is_full:
                yield 1.0
                continue
            waiting -= 1
            account.in_flight += 1
            began = clock.now
            yield from image()
            # The function polls the execution with growing pauses, so that it ends some time after it.
            took, polled = clock.now - began, 0.0
            for pause in (*INGEST_POLLS, *[INGEST_POLLS[-1]] * 30):
                polled += pause
                if polled >= took:
                    break
            yield polled - took
            account.in_flight -= 1

    for number in range(case.orders):
        clock.start(account.sale(durations, outcome), number / case.orders_per_second)
    if case.maximum == 0:
        for _ in range(case.uploads):
            clock.start(image(), case.uploaded_at)
    else:
        for number in range(case.maximum or min(case.uploads, case.limit)):
            began = max(0.0, (number - FIRST_POLLERS) / POLLERS_PER_SECOND)
            clock.start(poller(), case.uploaded_at + began)
    clock.run()
    return outcome


# Rows that many orders write


@dataclass(frozen=True, slots=True)
class HotRow:
    """How an order writes a row: the transactions of an order, and the tries of each inside one invocation.

    reads: whether the transaction depends on the value that it read before, so that any write between fails it.
    """

    name: str
    transactions: tuple[bool, ...]
    tries: int


SERIES = HotRow("number series", (True,), 8)
LEVEL = HotRow("level of a SKU", (False, True), 6)
DEMAND = HotRow("demand of a SKU", (False,), 6)


@dataclass
class Contention:
    """seconds: from the first try to the commit of each transaction; retried: those that needed a workflow's Retry."""

    seconds: list[float] = field(default_factory=list)
    retried: int = 0
    failed: int = 0


def simulate_hot_row(row: HotRow, per_second: float, seconds: float = 30.0, seed: int = 1) -> Contention:
    """Return how the transactions of so many orders a second end that write the same row.

    A transaction is cancelled when another one holds the row, or when the value that it depends on has changed since
    it was read. Pauses are those of `retry_on_conflict`, then those of the workflow's Retry.
    """
    clock, random, outcome = Clock(), Random(seed), Contention()  # noqa: S311 (repeatable)
    held, version = False, 0

    def write(depends: bool) -> Process:
        nonlocal held, version
        started = clock.now
        for delivery in range(11):
            for attempt in range(row.tries):
                before = version
                if depends:
                    yield READ_SECONDS
                if not held and (not depends or version == before):
                    held = True
                    yield TRANSACTION_SECONDS
                    held = False
                    version += depends
                    outcome.seconds.append(clock.now - started)
                    return
                yield TRANSACTION_SECONDS / 2
                if attempt < row.tries - 1:
                    yield random.uniform(0, 0.02 * 2**attempt)
            outcome.retried += delivery == 0
            yield jitter(random, delivery, 60.0)
        outcome.failed += 1

    moment = 0.0
    while moment < seconds:
        for number, depends in enumerate(row.transactions):
            clock.start(write(depends), moment + number * 0.2)
        moment += random.expovariate(per_second)
    clock.run()
    return outcome


def ceiling(row: HotRow, longest: float = 1.0) -> float:
    """Return the orders a second up to which 99 % of the transactions end within `longest` seconds."""
    rate = 0.0
    for step in (64, 32, 16, 8, 4, 2, 1):
        while percentile(simulate_hot_row(row, rate + step).seconds, 0.99) < longest:
            rate += step
    return rate
