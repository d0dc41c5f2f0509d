"""What the benchmark of the HTTP API counts as a fault."""

from unittest.mock import Mock

import pytest

from benchmarks.http_api import Crowd, percentile


@pytest.mark.parametrize(
    ("status", "headers", "faults"),
    [
        (200, {}, 0),
        (202, {}, 0),
        (429, {"retry-after": "1"}, 0),
        (429, {}, 1),
        (429, {"retry-after": "soon"}, 1),
        (400, {}, 1),
        (500, {}, 1),
        (503, {"retry-after": "1"}, 1),
    ],
)
def test_fault_is_neither_a_success_nor_a_refusal_with_a_time(
    status: int, headers: dict[str, str], faults: int
) -> None:
    crowd = Crowd()
    crowd.add(Mock(status=status, headers=headers, data=b"{}"), 1.0)
    assert crowd.faults == faults


def test_percentile_of_few_values_is_one_of_them() -> None:
    assert [percentile([3.0, 1.0, 2.0], percent) for percent in (0, 50, 99)] == [1.0, 2.0, 3.0]
