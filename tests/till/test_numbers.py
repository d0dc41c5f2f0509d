"""Numbers that a person typed are whole as they look: no other script, separator or notation."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, get_args

import pytest
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from till.main import app
from till.numbers import decimal_number, whole_number

NOT_WHOLE = (
    "",
    " 5",
    "5 ",
    "+5",
    "1_0",
    "1,000",
    "1.0",
    "1e2",
    "\u0661",
    "\uff11",
    "0x10",
    "--1",
    "1" * 16,
    "NaN",
)


@pytest.mark.parametrize("text", NOT_WHOLE)
def test_other_notations_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a whole number of up to 15 digits"):
        whole_number(text)
    if text not in ("1.0",):
        with pytest.raises(ValueError, match="is not a decimal number"):
            decimal_number(text)


def test_numbers_are_read() -> None:
    assert [whole_number(text) for text in ("0", "007", "-2", "9" * 15)] == [0, 7, -2, 10**15 - 1]
    assert [decimal_number(text) for text in ("0.95", "-1", "10")] == [Decimal("0.95"), -1, 10]


@pytest.mark.parametrize("number", ["1_0", "\u0663", "1e2"])
@pytest.mark.parametrize(
    "arguments",
    [
        ("purchase", "create", "--supplier", "sup-a", "--line", "MUG={}@1.00"),
        ("purchase", "create", "--supplier", "sup-a", "--line", "MUG=1@{}"),
        ("purchase", "receive", "po-1", "--line", "MUG={}"),
        ("purchase", "invoice", "po-1", "--number", "A-1", "--line", "MUG=1@1.00", "--tax", "{}"),
        ("transfer", "create", "--from", "store-1", "--to", "warehouse", "--line", "MUG={}"),
        ("transfer", "receive", "trf-1", "--line", "MUG=1-{}"),
        (
            "return",
            "create-without-receipt",
            "--customer",
            "c",
            "--manager",
            "m",
            "--note",
            "n",
            "--line",
            "MUG={}",
        ),
        ("shipment", "split", "ord-1-s1", "--line", "1={}"),
        ("stock", "count", "MUG", "{}"),
        ("stock", "adjust", "MUG", "{}", "--reason", "broken"),
        ("reorder", "create", "MUG", "--source", "supplier=sup-a,cost={}"),
        ("stock", "levels", "--page", "{}"),
        ("execution", "list", "--days", "{}"),
        ("product", "price-days", "--days", "{}"),
    ],
)
def test_command_refuses_a_number_of_another_notation(arguments: tuple[str, ...], number: str) -> None:
    typed = [argument.format(number) for argument in arguments]
    result = CliRunner().invoke(app, typed, env={"COLUMNS": "200"})
    assert result.exit_code == 2, result.output
    assert "Invalid" in result.stderr and "See `till status`" not in result.stderr, result.stderr


def test_field_of_a_source_that_is_given_twice_is_refused() -> None:
    source = "supplier=sup-a,cost=1.00,cost=2.00"
    result = CliRunner().invoke(app, ["reorder", "create", "MUG", "--source", source])
    assert (result.exit_code, "'cost' of source" in result.stderr) == (2, True), result.stderr


def test_numbers_that_are_left_out_have_their_defaults() -> None:
    """Without --tax and --discount, the first thing that is refused is the line."""
    typed = ["purchase", "invoice", "po-1", "--number", "A-1", "--line", "MUG"]
    result = CliRunner().invoke(app, typed, env={"COLUMNS": "200"})
    assert (result.exit_code, "Invalid" in result.stderr and "'MUG'" in result.stderr) == (2, True), result


def numeric_parameters() -> Iterator[tuple[str, Any]]:
    """Return every parameter of every command that is a number, with the name of its command."""
    pending: list[tuple[str, Any]] = [("till", get_command(app))]
    while pending:
        name, command = pending.pop()
        if isinstance(command, TyperGroup):
            pending += [(f"{name} {one}", member) for one, member in command.commands.items()]
        else:
            yield from ((name, one) for one in command.params if is_number(one.type_descriptor.annotation))


def is_number(annotation: Any) -> bool:
    return bool({int, float, Decimal} & {annotation, *get_args(annotation)})


def test_every_number_of_a_command_is_read_strictly() -> None:
    read = list(numeric_parameters())
    assert len(read) > 30
    for name, parameter in read:
        assert parameter.type_descriptor.parameter_info.parser, f"{name}: {parameter.name}"
        for text in ("1_0", " 5", "+5", "\u0661", "1e2"):
            with pytest.raises(ValueError, match="is not a whole number of up to 15 digits"):
                parameter.type_descriptor.parameter_info.parser(text)


@pytest.mark.parametrize(("number", "said"), [("0", "0 is not at least 1"), ("1001", "at most 1,000")])
def test_number_out_of_its_range_is_refused(number: str, said: str) -> None:
    result = CliRunner().invoke(app, ["stock", "levels", "--page-size", number], env={"COLUMNS": "200"})
    assert (result.exit_code, said in result.stderr) == (2, True), result.stderr
