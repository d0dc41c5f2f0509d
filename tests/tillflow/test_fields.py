"""The ranges of the shared field types."""

from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError
from tillflow import fields
from tillflow.fields import Record, Request


@pytest.mark.parametrize(
    ("field", "accepted", "refused"),
    [
        (fields.Identifier, ["a", "é b", "x" * 128], ["", "a#b", "a\nb", "x" * 129, "é" * 65, "\ud800", 7]),
        (fields.BusinessId, ["trf-1", "x" * 80], ["", "a b", "a.b", "é", "x" * 81]),
        (fields.Quantity, [1, 1_000_000], [0, 1_000_001, 1.0, "1", True, 10**29]),
        (fields.Units, [0, 1_000_000], [-1, 1_000_001, 4006381333931]),
        (fields.StockUnits, [0, 10**9], [-1, 10**9 + 1]),
        (fields.Amount, [0, 10**15 - 1], [-1, 10**15, 1.5]),
        (fields.UnitAmount, [0, 10**12 - 1], [-1, 10**12, 10**29]),
        (
            fields.Timestamp,
            [
                "2000-01-01T00:00:00Z",
                "2099-12-31T23:59:59Z",
                "2026-11-23T10:00:00+01:00",
                "2026-11-23T10:00:00.5Z",
            ],
            [
                0,
                "0",
                "1999-12-31T23:59:59Z",
                "2100-01-01T00:00:00Z",
                "0001-01-01T00:00:00+14:00",
                "9999-12-31T23:59:59-12:00",
                "2026-11-23T10:00:00",
                "2026-11-23T10:00:00\u221201:00",
                "2026-11-23T10:00:00,5Z",
                "2026-W48-1T10:00:00Z",
                "\u0662026-11-23T10:00:00Z",
            ],
        ),
        (
            fields.Day,
            ["2026-11-23"],
            ["20261123", "2026-W48-1", "2026-11-23T00:00:00", " 2026-11-23", "1795392000", 0],
        ),
        (
            fields.QueryNumber,
            ["0", "-5", "9" * 15],
            ["", "1_0", " 5", "5 ", "+5", "1.0", "1e2", "\u0661", "1" * 16],
        ),
        (fields.Reason, ["", "dropped", "x" * 200], ["x" * 201, "a\nb", "\x1b[31m"]),
    ],
)
def test_a_value_outside_the_range_is_refused(field: Any, accepted: list[Any], refused: list[Any]) -> None:
    adapter = TypeAdapter(field)
    for value in accepted:
        adapter.validate_python(value)
    for value in refused:
        with pytest.raises(ValidationError):
            adapter.validate_python(value)


@pytest.mark.parametrize(("base", "refuses_unknown_fields"), [(Request, False), (Record, True)])
def test_a_request_ignores_unknown_fields_and_a_record_refuses_them(
    base: type[BaseModel], refuses_unknown_fields: bool
) -> None:
    model = type("Model", (base,), {"__annotations__": {"sku": str}})
    if refuses_unknown_fields:
        with pytest.raises(ValidationError):
            model.model_validate({"sku": "A", "colour": "red"})
    else:
        assert model.model_validate({"sku": "A", "colour": "red"}).model_dump() == {"sku": "A"}


def test_a_total_above_fifteen_digits_is_refused() -> None:
    assert fields.check_total(10**15 - 1) == 10**15 - 1
    with pytest.raises(ValueError, match="a total of at most"):
        fields.check_total(10**15)
