"""What the simulations of docs/scaling.md promise: sales keep their concurrency, and a row has a ceiling."""

import json
from xml.etree import ElementTree

import pytest

from benchmarks.scaling import MEASURED
from benchmarks.simulation import (
    LEVEL,
    SERIES,
    Backlog,
    Durations,
    Isolation,
    percentile,
    simulate_backlog,
    simulate_hot_row,
    simulate_isolation,
)
from benchmarks.svg import line_plot

STORED = json.loads(MEASURED.read_text())
DURATIONS = Durations(tuple(STORED["sale"].values()), tuple(STORED["picture"].values()))

BATCH = max(STORED["consumers"].values())


@pytest.mark.parametrize(("limit", "maximum"), [(10, 2), (1_000, 20)])
def test_uploads_through_the_queue_refuse_no_order(limit: int, maximum: int) -> None:
    outcome = simulate_isolation(Isolation(limit, maximum), DURATIONS)
    assert (outcome.refused, len(outcome.seconds), outcome.images) == (0, 600, 1_000)
    assert percentile(outcome.seconds, 0.99) < 1


def test_uploads_started_at_once_refuse_orders_of_a_small_account() -> None:
    assert simulate_isolation(Isolation(10, 0), DURATIONS).refused > 0


@pytest.mark.parametrize(("limit", "maximum"), [(10, 2), (1_000, 20)])
def test_backlog_of_events_refuses_no_order(limit: int, maximum: int) -> None:
    outcome, emptied = simulate_backlog(Backlog(limit, maximum), DURATIONS, BATCH)
    assert (outcome.refused, len(outcome.seconds)) == (0, 600)
    assert percentile(outcome.seconds, 0.99) < 1
    assert emptied < 120


def test_backlog_without_a_limit_refuses_orders_of_a_small_account() -> None:
    assert simulate_backlog(Backlog(10, None), DURATIONS, BATCH)[0].refused > 0


def test_writes_of_a_hot_row_end_once_each() -> None:
    slow, fast = simulate_hot_row(SERIES, 5), simulate_hot_row(SERIES, 60)
    assert slow.failed == slow.retried == fast.failed == 0 < fast.retried
    assert percentile(slow.seconds, 0.99) < 0.5 < percentile(fast.seconds, 0.99)


def test_order_writes_a_level_twice() -> None:
    series, level = simulate_hot_row(SERIES, 5), simulate_hot_row(LEVEL, 5)
    assert len(level.seconds) == 2 * len(series.seconds)


def test_plot_is_well_formed_and_names_its_lines() -> None:
    plot = line_plot("t", "x & y", "s", {"a": [(1, 0.1), (100, 5)], "b": [(1, 3), (100, 4)]}, limit=1)
    texts = [element.text for element in ElementTree.fromstring(plot).iter() if element.text]
    assert {"a", "b", "x & y"} <= set(texts)
