"""How the API waits for the end of a workflow: it sees the end soon, and does not read all the time."""

import pytest
from orders import waiting


class Clock:
    """Time that passes in pauses alone."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(waiting, "time", clock)
    return clock


@pytest.mark.parametrize("ends", [0.0, 0.12, 0.25, 0.35, 0.45, 0.85, 1.7, 3.0, 14.0])
def test_end_is_seen_within_a_quarter_of_the_time_that_it_took(clock: Clock, ends: float) -> None:
    assert waiting.poll(clock.monotonic, lambda now: now >= ends, 20) >= ends
    assert clock.now <= ends * 1.25 + 0.05


@pytest.mark.parametrize(("seconds", "most"), [(0, 1), (1, 16), (20, 40)])
def test_wait_ends_with_the_document_as_it_is_then(clock: Clock, seconds: int, most: int) -> None:
    reads: list[float] = []

    def read() -> float:
        reads.append(clock.now)
        return clock.now

    assert waiting.poll(read, lambda _: False, seconds) == pytest.approx(seconds)
    assert len(reads) <= most
