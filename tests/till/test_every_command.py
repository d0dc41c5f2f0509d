"""Every command of the command tree, over stored data that is hostile in every text.

A command without a run here fails the test: a new command gets its runs in command_runs.py.
"""

import json
import re
import shlex
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tillflow.aws import client
from tillflow.store import marshal
from typer.main import get_command
from typer.testing import CliRunner

from tests.support import full_shop
from tests.support.command_runs import FILTERS, NOT_RUN, OTHER_READERS, READERS, READS, WRITES
from tests.support.executions import progress
from till.main import app
from till.stack import Stack, find_stack
from verification.harness.services import data_services
from verification.harness.template import Template

TEMPLATE = Template.read()
HOSTILE = "[/b][red]\x1b[2J\x1b]0;x\x07\u202egpj\u2066\r\nAll is well\t=1+1\x7f\x9b" + "x" * 300


def commands(command: Any = None, path: tuple[str, ...] = ()) -> Iterator[str]:
    command = command or get_command(app)
    if not hasattr(command, "commands"):
        yield " ".join(path)
    else:
        for name, inner in command.commands.items():
            yield from commands(inner, (*path, name))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, set[str]]]:
    """A shop with a row of each kind, in place of a deployment, and these kinds. Tests add rows of others."""
    with data_services(TEMPLATE), pytest.MonkeyPatch.context() as monkeypatch:
        # The runner builds the command tree again for every run.
        tree = get_command(app)
        monkeypatch.setattr("typer.testing._get_command", lambda _: tree)
        # Executions of this AWS do not run.
        monkeypatch.setattr("till.workflows.wait", lambda *_: progress("FAILED", cause=HOSTILE))
        monkeypatch.setenv("TILLFLOW_HOME", str(tmp_path_factory.mktemp("home")))
        full_shop.deployed(monkeypatch, TEMPLATE)
        full_shop.fill(find_stack())
        kinds = {
            f"{table} {pk.partition('#')[0]}"
            for table in TEMPLATE.tables
            for pk, *_ in full_shop.texts(table)
        }
        yield find_stack(), kinds


@pytest.fixture
def shop(filled: tuple[Stack, set[str]]) -> Stack:
    return filled[0]


def invoke(command: str, arguments: str) -> Any:
    words = [*command.split(), *shlex.split(arguments)]
    return CliRunner().invoke(app, words, env={"COLUMNS": "100"}, input="n\n")


def run(command: str, arguments: str) -> int:
    """Run a command: it returns a result or prints an error, and prints nothing raw. Return its exit code."""
    result = invoke(command, arguments)
    shown = f"till {command} {arguments[:100]}"
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise AssertionError(f"{shown} crashed") from result.exception
    assert result.exit_code in (0, 1, 2), (shown, result.exit_code)
    raw = {character for character in result.output.replace("\n", "") if not character.isprintable()}
    assert not raw, (shown, raw, result.output)
    assert "\nAll is well" not in result.output, shown
    check_json(shown, arguments, result)
    return int(result.exit_code)


def check_json(shown: str, arguments: str, result: Any) -> None:
    """Assert that `--json` prints one document, and no text in place of one."""
    if "--json" in arguments and result.exit_code == 0:
        assert isinstance(json.loads(result.stdout), dict | list), (shown, result.stdout)


def test_every_command_has_a_run() -> None:
    assert sorted(NOT_RUN.keys() | READS.keys() | WRITES.keys()) == sorted(commands())


@pytest.mark.parametrize("command", sorted(READS))
def test_command_prints_a_shop_in_order(shop: Stack, command: str) -> None:
    for arguments in READS[command]:
        result = invoke(command, arguments)
        assert result.exit_code == 0 or command == "audit", (arguments, result.output, result.exception)
        check_json(command, arguments, result)
        if "--json" not in arguments:
            assert not re.search(r"\b(None|True|False)\b|\(\)|\[\]", result.output), result.output


def test_every_reading_command_is_run_over_its_rows() -> None:
    assert {command for readers in READERS.values() for command in readers} | set(
        OTHER_READERS
    ) == READS.keys()


@pytest.mark.parametrize("kind", sorted(READERS))
def test_hostile_text_in_any_field_of_a_row_crashes_no_command(shop: Stack, kind: str) -> None:
    """Each field by itself, in every row: a model that refuses one must not hide how the others are printed."""
    table, prefix = kind.split()
    places = defaultdict(list)
    for pk, sk, path in full_shop.texts(table):
        if pk.startswith(f"{prefix}#") or pk == prefix:
            places[tuple(part for part in path if not isinstance(part, int))].append((pk, sk, path))
    assert places
    accepted = []
    for planted in places.values():
        with _planted(table, planted):
            codes = {run(command, READS[command][0]) for command in READERS[kind]}
        accepted += planted if codes <= {0, 1} else []
    with _planted(table, accepted):
        for command in READERS[kind]:
            for arguments in READS[command][1:]:
                run(command, arguments)


def test_every_kind_of_row_has_readers(filled: tuple[Stack, set[str]]) -> None:
    assert filled[1] == READERS.keys()


@contextmanager
def _planted(table: str, places: list[tuple[str, str, full_shop.Path]]) -> Iterator[None]:
    """Rows with the hostile text at these places, and as they were afterwards."""
    before = {(row["pk"], row["sk"]): row for row in full_shop.rows(table)}
    try:
        # Longer paths first: a text that is a JSON document is replaced after the texts in it.
        for place in sorted(places, key=lambda one: -len(one[2])):
            full_shop.plant(table, *place, HOSTILE)
        yield
    finally:
        for pk, sk in {place[:2] for place in places}:
            client("dynamodb").put_item(TableName=table, Item=marshal(before[pk, sk]))


def test_audit_names_hostile_rows_and_does_not_crash(shop: Stack) -> None:
    for table in TEMPLATE.tables:
        with _planted(table, list(full_shop.texts(table))):
            for arguments in READS["audit"]:
                run("audit", arguments)


def test_hostile_arguments_are_refused_or_escaped(shop: Stack, tmp_path: Path) -> None:
    files = {"order": tmp_path / "order.json", "supplier": tmp_path / "supplier.json"}
    files["order"].write_text(json.dumps({"order_id": HOSTILE, HOSTILE: HOSTILE}))
    files["supplier"].write_text(json.dumps({"supplier_id": HOSTILE, "name": HOSTILE, "prices": [HOSTILE]}))
    quoted = {name: shlex.quote(str(path)) for name, path in files.items()}
    for command, runs in sorted(WRITES.items()):
        for arguments in runs:
            run(command, arguments.format(text=shlex.quote(HOSTILE), **quoted))
    for command in READS:
        if command not in ("audit",):
            run(command, shlex.quote(HOSTILE))


def test_delivery_has_the_numbers_of_the_lines_that_a_split_names(shop: Stack) -> None:
    headings, _, shipped = invoke("shipment show", "ord-1").output.partition("Shipments")[2].splitlines()[1:4]
    assert headings.split()[:3] == ["shipment", "status", "line"]
    assert shipped.split()[2] == "1"


def test_run_that_planned_nothing_is_empty_and_not_unknown(shop: Stack) -> None:
    client("stepfunctions").start_execution(
        stateMachineArn=shop.output("StockReorder"), name="reorder-none", input="{}"
    )
    assert "Orders of reorder-none: none." in invoke("reorder show", "reorder-none").output
    assert invoke("reorder show", "reorder-none --json").stdout == "[]\n"
    unknown = invoke("reorder show", "reorder-404")
    assert (unknown.exit_code, "reorder run reorder-404 does not exist" in unknown.stderr) == (2, True)


@pytest.mark.parametrize("option", ["--page", "--limit", "--from", "--to"])
def test_number_and_day_beyond_any_range_are_refused(shop: Stack, option: str) -> None:
    found = 0
    for command in READS:
        if not any(option in one.opts for one in parameters(command)):
            continue
        found += 1
        days = ("0001-01-01", "9999-12-31", "20261123", "2026-W48-1", "2026-02-30")
        for value in days if option in ("--from", "--to") else ("0", "-1", "1" + "0" * 18, "1" + "0" * 30):
            assert run(command, f"{READS[command][0]} {option}={value}") == 2, (command, value)
    assert found


def with_arguments() -> list[str]:
    """Commands that need ids to read: each required argument is one."""
    return sorted(command for command in READS if required(command))


def required(command: str) -> list[Any]:
    return [one for one in parameters(command) if one.required]


def parameters(command: str) -> list[Any]:
    found: Any = get_command(app)
    for word in command.split():
        found = found.commands[word]
    parameters: list[Any] = found.params
    return parameters


@pytest.mark.parametrize("command", with_arguments())
@pytest.mark.parametrize(
    ("value", "size"), [("unknown-1", "unknown"), ("x" * 5000, "long"), ("4006381333948", "digits")]
)
def test_lookup_that_finds_nothing_is_an_error_in_our_own_words(
    shop: Stack, command: str, value: str, size: str
) -> None:
    given = [
        value if one.param_type_name == "argument" else f"{one.opts[0]}={value}" for one in required(command)
    ]
    result = invoke(command, shlex.join(given))
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith("Error: ")
    assert "Exception" not in result.stderr and "Traceback" not in result.stderr
    assert len(result.stderr) < 600


@pytest.mark.parametrize("command", sorted(READS))
def test_filter_for_nothing_known_is_an_error(shop: Stack, command: str) -> None:
    found: Any = get_command(app)
    for word in command.split():
        found = found.commands[word]
    known = READS[command][0]
    for one in found.params:
        value = FILTERS.get(one.name)
        if value and not one.required:
            words = [value] if one.param_type_name == "argument" else [one.opts[0], value]
            result = invoke(command, f"{known} {shlex.join(words)}")
            assert (result.exit_code, value in result.stderr) == (2, True), (command, words, result.output)


def test_every_amount_and_time_in_a_table_has_the_one_format(shop: Stack) -> None:
    for command, runs in READS.items():
        if command in ("history",):
            continue
        printed = invoke(command, runs[0]).stdout
        assert not re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d", printed), (command, printed)
        for time in re.findall(r"\d{4}-\d\d-\d\dT[^ \n]*", printed):
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", time), (command, time)
