"""What reaches the terminal: data is escaped, ids are whole, and every format is the same."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from rich.text import Text

from till import output
from till.errors import OperatorError
from till.output import (
    PlainConsole,
    lines,
    money,
    print_csv,
    print_error,
    print_json,
    print_table,
    printable,
    timestamp,
)

HOSTILE = "[/b]\x1b[31m\u202edlog\u2066\nAll invariants hold\t\x9b\x07[link=file:///]:pizza:\U000e0041\udc80"
SAFE = r"[/b]\u001b[31m\u202edlog\u2066\nAll invariants hold\t\u009b\u0007[link=file:///]:pizza:\udb40\udc41\udc80"


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """A terminal 60 columns wide, on which both streams are printed."""
    file = io.StringIO()
    console = PlainConsole(file=file, width=60, markup=False, emoji=False, highlight=False)
    monkeypatch.setattr(output, "out", console)
    monkeypatch.setattr(output, "err", console)
    return file


def test_hostile_text_is_printed_as_json_escapes() -> None:
    assert printable(HOSTILE) == SAFE
    assert json.loads(f'"{SAFE}"') == HOSTILE


@pytest.mark.parametrize(
    "text", ["Café au lait", "½ l", "日本語", "می‌خواهم", "👩‍🍳", "1 000,50 €", "a\u3000b"]
)
def test_text_of_any_language_is_printed_as_it_is(text: str) -> None:
    assert printable(text) == text


def test_lines_tables_and_errors_are_escaped(terminal: io.StringIO) -> None:
    output.out.print(HOSTILE)
    print_table(HOSTILE, (HOSTILE,), [(HOSTILE,)])
    print_error(OperatorError(HOSTILE, HOSTILE))
    printed = terminal.getvalue()
    assert "".join(printed.split()).count("".join(SAFE.split())) == 5
    assert printed.replace("\n", "").isprintable()
    # The second line of an error is indented: it cannot be taken for a line of the command.
    assert "\n  All invariants hold" in printed


def test_status_is_escaped(terminal: io.StringIO) -> None:
    assert isinstance(output.err.status(HOSTILE).status, Text)
    assert str(output.err.status(HOSTILE).status) == SAFE


def test_id_is_not_cut_in_a_narrow_terminal(terminal: io.StringIO) -> None:
    key = "po-" + "0123456789" * 4
    cells = (key, "a reason of many words that is folded between them", key, "1234567.50 EUR")
    print_table("Orders", ("order", "reason", "execution!", "total>"), [cells])
    printed = terminal.getvalue()
    assert printed.count(key) == 2
    assert "1234567.50 EUR" in printed


def test_table_without_rows_says_so(terminal: io.StringIO) -> None:
    print_table("Arrivals", ("arrival", "at"), iter(()))
    assert terminal.getvalue() == "Arrivals: none.\n"


def test_table_has_no_values_of_python(terminal: io.StringIO) -> None:
    print_table("Values", ("a", "b", "c", "d", "e"), [(True, False, None, (), 0)])
    assert terminal.getvalue().split("\n")[-3].split() == ["yes", "no", "0"]


def test_value_that_json_lacks_is_not_printed_as_text(terminal: io.StringIO) -> None:
    with pytest.raises(TypeError, match="object has no JSON"):
        print_json({"value": object()})


def test_cell_of_several_lines_is_escaped_line_by_line(terminal: io.StringIO) -> None:
    print_table("Steps", ("steps",), [(lines(["a\nb", "c"]),)])
    assert [line.strip() for line in terminal.getvalue().split("\n")][-4:] == [r"a\nb", "c", "", ""]


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_formula_in_a_csv_cell_begins_with_an_apostrophe(terminal: io.StringIO, first: str) -> None:
    print_csv(("name",), [(first + 'cmd|"/c calc"!A1',)])
    (_, (cell,)) = csv.reader(io.StringIO(terminal.getvalue()))
    assert cell.startswith("'")
    assert cell.replace("\n", "").isprintable()


@pytest.mark.parametrize("value", ["-2", "+3.50", -2, "a=b", "sku-1", ""])
def test_number_and_other_text_in_a_csv_cell_is_unchanged(terminal: io.StringIO, value: object) -> None:
    print_csv(("name", "next"), [(value, 1)])
    assert terminal.getvalue() == f"name,next\n{value},1\n"


def test_json_has_ascii_characters_and_round_trips(terminal: io.StringIO) -> None:
    print_json({"name": HOSTILE, "at": datetime(2026, 11, 23, 10, tzinfo=UTC)})
    assert terminal.getvalue().isascii() and "\x1b" not in terminal.getvalue()
    assert json.loads(terminal.getvalue()) == {"name": HOSTILE, "at": "2026-11-23T10:00:00Z"}


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 11, 23, 10, 0, 0, 999999, tzinfo=UTC), "2026-11-23T10:00:00Z"),
        (datetime(2026, 11, 23, 10, tzinfo=timezone(timedelta(hours=2))), "2026-11-23T08:00:00Z"),
        ("2026-11-23T10:00:00.500000Z", "2026-11-23T10:00:00Z"),
        ("2026-11-23T10:00:00+00:00", "2026-11-23T10:00:00Z"),
        ("yesterday", "yesterday"),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00"),
    ],
)
def test_time_is_printed_in_utc_to_the_second(moment: datetime | str, text: str) -> None:
    assert timestamp(moment) == text


def test_amount_is_printed_in_the_decimals_of_its_currency() -> None:
    assert [money(1250, code) for code in ("EUR", "JPY", "KWD", "[b]")] == [
        "12.50 EUR",
        "1250 JPY",
        "1.250 KWD",
        "1250 [b]",
    ]
