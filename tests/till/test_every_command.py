"""Every command of the command tree, over stored data that is hostile in every text.

A command without a run here fails the test: a new command gets its runs in RUNS.
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
from tests.support.executions import progress
from tests.support.full_shop import CASE, ENTRY, IMAGE, OPEN_PURCHASE, PURCHASE, RECONCILED, RUN, TRANSFER
from till.main import app
from till.stack import Stack, find_stack
from verification.harness.services import data_services
from verification.harness.template import Template

TEMPLATE = Template.read()
HOSTILE = "[/b][red]\x1b[2J\x1b]0;x\x07\u202egpj\u2066\r\nAll is well\t=1+1\x7f\x9b" + "x" * 300

NOT_RUN = {
    "up": "starts a process",
    "down": "stops a process",
    "reset": "deletes a folder",
    "status": "prints no data of the shop",
    "env": "prints no data of the shop",
    "aws": "is the AWS CLI",
    "demo": "runs on a deployed stack; its scenarios are this project's",
    "seed": "runs on a deployed stack; its data is this project's",
    "api": "needs the deployed API; its printing is tested in test_output",
}
"""Commands that print nothing stored, or that need more than tables, by path."""

READS: dict[str, tuple[str, ...]] = {
    "audit": ("", "--json"),
    "history": ("ord-1", "ord-1 --io", "ord-1 --json"),
    "order show": ("ord-1", "ord-1 --json", "ord-3"),
    "customer show": ("cus-ada", "cus-ada --json"),
    "order list": ("", "--json", "--csv --from 2026-11-01"),
    "return list": ("ord-1", "ord-1 --json", "ord-1 --csv"),
    "customer search": ("--name ada", "--name ada --json"),
    "customer list": ("", "--json"),
    "invoice list": ("cus-ada", "cus-ada --json"),
    "invoice ageing": ("", "--json"),
    "customer credit list": ("cus-ada", "cus-ada --json"),
    "execution list": ("", "--json", "OrderCheckout"),
    "case list": ("", "--all", "--json"),
    "case show": (f"'{CASE}'", f"'{CASE}' --json", "'ord-3#CommitStock'"),
    "dlq list": ("", "--json"),
    "dlq show": ("Demand", "Demand --json", "Image"),
    "stock levels": ("", "--json", "--csv"),
    "stock movements": ("TEA", "TEA --json", "TEA --csv", "MUG"),
    "stock rebuild": ("", "--json"),
    "location list": ("", "--json", "--csv"),
    "reconciliation list": ("", "--json", "--csv"),
    "reconciliation show": (RECONCILED, f"{RECONCILED} --json"),
    "reorder list": ("", "--json", "--csv"),
    "reorder needs": ("", "--json", "--csv"),
    "reorder review": ("", "--json", "--csv"),
    "reorder show": (RUN, f"{RUN} --json"),
    "reorder approvals": ("", "--json"),
    "transfer list": ("", "--json", "--csv"),
    "transfer show": (TRANSFER, f"{TRANSFER} --json"),
    "draft list": ("store-1", "store-1 --json", "store-1 --csv"),
    "draft show": ("drf-1", "drf-1 --json"),
    "shipment list": ("", "--json", "--csv"),
    "shipment show": ("ord-1", "ord-1 --json"),
    "supplier list": ("", "--json", "--csv"),
    "supplier show": ("sup-beans", "sup-beans --json"),
    "supplier statement": ("sup-beans", "sup-beans --json", "sup-beans --csv"),
    "purchase list": ("", "--json", "--csv"),
    "purchase show": (PURCHASE, OPEN_PURCHASE, f"{OPEN_PURCHASE} --json"),
    "purchase invoices": ("", "--json", "--csv"),
    "purchase payments": ("", "--json", "--csv"),
    "image show": (IMAGE, f"{IMAGE} --json"),
    "image list": ("", "--json", "--sku MUG"),
    "image quarantine": ("", "--json"),
    "product list": ("", "--json", "--category kitchen"),
    "category list": ("", "--json", "--csv"),
    "tax-class list": ("", "--json", "--csv"),
    "product show": ("MUG", "MUG --json"),
    "product import-report": ("imp-1", "imp-1 --json"),
    "product find": ("--barcode 4006381333931", "--barcode 4006381333931 --json"),
    "report sales": ("", "--by sku --json", "--by tender --from 2026-11-01 --to 2026-11-30 --csv"),
    "ledger list": ("", "--json", "--csv --from 2026-11-01"),
    "ledger show": (ENTRY, f"{ENTRY} --json"),
    "user list": ("", "--json"),
}
"""Arguments of the commands that change nothing."""

WRITES: dict[str, tuple[str, ...]] = {
    "order place": ("{order}", "{order} --json"),
    "order cancel": ("ord-1 --json", "ord-1", "ord-1 --reason {text}"),
    "customer create": ("cus-new --name {text}", "{text} --name New"),
    "customer update": ("cus-ada --note {text}", "cus-ada --name Ada"),
    "customer credit grant": (
        "cus-ada 5 --reason late",
        "cus-ada {text} --reason late",
        "cus-ada 5 --reason {text}",
    ),
    "customer credit policy": ("EUR", "EUR --limit {text}", "{text}"),
    "category create": ("kitchen --name {text}", "{text} --name New", "new --name New --json"),
    "tax-class set": ("{text} 19", "standard {text}", "standard 101", "food 7 --json"),
    "category retire": ("{text}", "nope", "kitchen", "kitchen --undo"),
    "product barcode-layout": (
        "",
        "--prefix 21 --check-digit --json",
        "--prefix 23 --content weight",
        "--prefix 21 --remove",
        "--prefix {text}",
        "--prefix 22 --content {text}",
        "--prefix 22 --currency {text}",
    ),
    "product import": ("{order} --id {text}", "{order} --id {text} --dry-run --json --wait"),
    "product price-days": ("", "--days 14", "--json"),
    "product price": (
        "MUG 12.50 --from {text}",
        "MUG {text} --from 2090-01-01T00:00:00Z",
        "{text} 1 --from x",
    ),
    "product retire": ("{text}", "NOPE", "MUG", "MUG --undo"),
    "product return-window": ("--days 14", "--category {text} --days 14", "--json"),
    "return create": ("ord-1 --line MUG=1 --reason {text}", "{text} --line MUG=1", "ord-1 --line {text}"),
    "return create-without-receipt": (
        "--line MUG=1 --customer cus-ada --manager mia --note {text}",
        "--line {text} --customer cus-ada --manager mia --note x",
    ),
    "exchange create": ("ord-1 {order} --line MUG=1 --reason {text}", "{text} {order} --line MUG=1"),
    "exchange show": ("ret-1", "{text}"),
    "return show": ("ret-1", "{text}"),
    "cost": ("ord-1", "{text}"),
    "customer merge": (
        "cus-ada cus-2 --yes",
        "{text} cus-ada --yes",
        "cus-ada {text} --yes",
        "cus-ada cus-ada --yes",
    ),
    "customer anonymise": ("cus-ada", "{text}"),
    "customer limit": ("cus-ada {text}", "{text} 5", "cus-ada 5"),
    "invoice document": ("INV-000001 --pdf {order}", "{text} --pdf {order}"),
    "invoice mail": ("INV-000001", "INV-000001 --to {text}", "{text}", "INV-000001 --id {text}"),
    "invoice seller": ("--name {text}", "--name Shop --street {text} --city Berlin --country DE", "--json"),
    "order receipt": ("ord-1", "ord-404", "{text}"),
    "invoice pay": ("cus-ada {text}", "cus-ada 5 --order {text}", "cus-ada 5"),
    "ledger entry": (
        "--debit 1030=5 --credit 1010=5 --reason {text}",
        "--debit {text} --credit 1010=5 --reason x",
        "--debit 1030=5 --credit 1010=5 --reason x --day {text}",
        "--debit 1030=5 --credit 1010=5 --reason x --id {text}",
        "--debit 1030=5 --credit 1010=5 --reason x --currency {text}",
        "--debit 1030=5 --credit 4000=5 --reason x",
        "--debit 1030=5 --credit 1010=5 --reason x --json",
    ),
    "gift-card issue": ("5 --reason {text}", "{text}", "5 --currency {text}", "5 --code {text}"),
    "gift-card show": ("--code {text}",),
    "execution redrive": ("ord-1", "{text}"),
    "execution stop": ("ord-1 --reason {text} --yes", "{text} --reason x --yes"),
    "case resolve": (f"'{CASE}' --decision done --note {{text}}", f"'{CASE}' --decision retry"),
    "dlq drop": ("Demand {text} --note x", "{text} x --note x"),
    "dlq redrive": ("Demand", "{text}"),
    "stock adjust": (
        "TEA --reason {text} -- 1",
        "TEA --reason found -- 1",
        "TEA --reason found --json -- 500",
    ),
    "stock count": ("TEA 9 --reason {text}", "TEA 9", "TEA 4006381333931"),
    "location create": ("store-1 --name {text}", "{text}"),
    "reorder create": (
        "TEA --source supplier=sup-beans",
        "TEA --source {text}",
        "{text} --source supplier=sup-beans",
    ),
    "reorder approve": ("po-9", "{text}"),
    "reconciliation run": (
        "",
        "--day 2026-11-22",
        "--day {text}",
        "--day 2026-11-22 --id {text}",
        "--day 2090-01-01",
        "--json",
        "--wait",
    ),
    "reorder run": ("", "--json", "--wait"),
    "transfer create": (
        "--from warehouse --to store-1 --line TEA=1 --reason {text}",
        "--from warehouse --to store-1 --line TEA=1 --wait",
        "--from warehouse --to {text} --line TEA=1",
        "--from warehouse --to store-1 --line {text}",
    ),
    "transfer ship": (TRANSFER, "{text}"),
    "transfer receive": (f"{TRANSFER} --line TEA=1", f"{TRANSFER} --line {{text}}", f"{TRANSFER} --close"),
    "transfer cancel": (f"{TRANSFER} --reason {{text}}", TRANSFER),
    "draft create": ("{order}", "{order} --id {text}", "{order} --id drf-2"),
    "draft update": ("drf-1 {order}", "{text} {order}"),
    "draft sell": ("drf-1 {order}", "{text} {order}"),
    "draft discard": ("drf-1", "{text}", "drf-1 --version 9"),
    "shipment split": ("ord-1-s1 --line 1=1 --note {text}", "ord-1-s1 --line {text}", "{text} --line 1=1"),
    "shipment deliver": ("ord-1-s1 --note {text}", "{text}"),
    "shipment fail": ("ord-1-s1 --note {text}", "ord-1-s1 --returned", "{text}"),
    "supplier create": ("{supplier}",),
    "supplier update": ("{supplier}",),
    "supplier delete": ("sup-beans", "{text}"),
    "purchase create": (
        "--line TEA=1@400 --supplier sup-beans",
        "--line {text} --supplier sup-beans",
        "--line TEA=1@400 --supplier {text}",
    ),
    "purchase acknowledge": (OPEN_PURCHASE, f"{OPEN_PURCHASE} --promised {{text}}"),
    "purchase heartbeat": (OPEN_PURCHASE, "{text}"),
    "purchase refuse": (OPEN_PURCHASE, f"{OPEN_PURCHASE} --note {{text}}"),
    "purchase receive": (f"{OPEN_PURCHASE} --line TEA=1", f"{OPEN_PURCHASE} --line {{text}}"),
    "purchase invoice": (
        f"{OPEN_PURCHASE} --number A-2 --line TEA=5@400",
        f"{OPEN_PURCHASE} --number {{text}} --line TEA=5@400",
    ),
    "purchase cancel": (OPEN_PURCHASE, f"{OPEN_PURCHASE} --reason {{text}}"),
    "image add": ("{order} --sku {text}",),
    "image redrive": ("",),
    "image backfill": ("--prefix {text}", "--resume {text}"),
    "user create": ("{text} --group cashier --password Tillflow-2026",),
    "user disable": ("ada", "{text}"),
    "user enable": ("ada", "{text}"),
}
"""Arguments of the commands that change something; {text} is hostile, {order} and {supplier} are files."""


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


READERS: dict[str, tuple[str, ...]] = {
    "BillingTable CREDIT": ("order show",),
    "BillingTable INVOICE": ("order show",),
    "CasesTable CASE": ("case list", "case show"),
    "CatalogTable BARCODE": ("product find",),
    "CatalogTable CATEGORIES": ("category list",),
    "CatalogTable IMPORT": ("product import-report",),
    "CatalogTable PRODUCT": ("product list", "product show", "product find"),
    "CatalogTable PRODUCTS": ("product list",),
    "CatalogTable TAXES": ("tax-class list",),
    "CustomersTable CUSTOMER": ("customer list", "customer show", "customer search"),
    "ImagesTable IMAGE": ("image list", "image show", "image quarantine"),
    "ImagesTable PRODUCT": ("product list", "product show", "image list"),
    "InventoryTable CORRECTION": (),
    "InventoryTable LEVEL": ("stock levels", "stock movements", "stock rebuild", "reorder needs"),
    "InventoryTable LOCATIONS": ("location list",),
    "InventoryTable ORDER": ("stock rebuild",),
    "InventoryTable RECEIPT": (),
    "InventoryTable TRANSFER": ("transfer list", "transfer show"),
    "LedgerTable ENTRY": ("order show", "ledger show", "ledger list"),
    "LedgerTable MANUAL": ("ledger list",),
    "OrdersTable DRAFT": ("draft list", "draft show"),
    "OrdersTable ORDER": (
        "order list",
        "order show",
    ),
    "PaymentsTable CREDIT": ("customer show", "customer credit list"),
    "PaymentsTable GRANT": ("customer show", "customer credit list"),
    "PaymentsTable ORDER": ("order show",),
    "PaymentsTable RECONCILIATION": ("reconciliation list", "reconciliation show"),
    "PurchasingTable PO": ("purchase list", "purchase show", "purchase invoices", "purchase payments"),
    "PurchasingTable SUPPLIER": ("supplier list", "supplier show", "supplier statement"),
    "ReplenishmentTable APPROVAL": ("reorder approvals",),
    "ReplenishmentTable POLICY": ("reorder list", "reorder review"),
    "ReplenishmentTable RUN": ("reorder show",),
    "SandboxProviderTable AUTHORISATION": (),
    "ShippingTable ORDER": ("shipment list", "shipment show"),
}
"""The commands that print rows, by table and the first part of pk."""

OTHER_READERS = (
    "audit", "history", "execution list", "dlq list", "dlq show", "invoice ageing", "invoice list", "return list",
    "report sales", "user list",
)  # fmt: skip
"""Commands that print no single row: all rows, executions, messages or users."""


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


FILTERS = {
    "status": "BOGUS",
    "location": "nowhere",
    "sku": "NOPE",
    "workflow": "Nope",
    "after": "",
}
"""Values of options and arguments that select nothing, by parameter; "" where any value is a position."""


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
