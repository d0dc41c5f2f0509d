"""What a sale writes: a new index, marker or transaction in its path shows here."""

from collections.abc import Iterator

import pytest

from benchmarks.cost import measure_order
from verification.proof.prover import Prover, prover


@pytest.fixture(scope="module")
def built() -> Iterator[Prover]:
    with prover() as built:
        yield built


@pytest.mark.parametrize(("lines", "most"), [(1, 38), (10, 105), (450, 3354)])
def test_order_writes_no_more_units_than_documented(built: Prover, lines: int, most: int) -> None:
    """docs/scaling.md has them by row; `python -m benchmarks.cost --writes` lists them."""
    sold, _, _ = measure_order(built, lines)
    assert sold.writes == sum(write.units + write.index_units for write in sold.written)
    assert sold.writes <= most
