"""Demo of the catalog import: a dry run, the import, the same file again, rows that are refused, and a broken file."""

from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory

from till import workflows
from till.demo.model import Outcome, Report, run_scenarios
from till.demo.order_checkout import audited
from till.services.imports import Imports
from till.stack import Stack

HEADER = "sku,name,category,tax_class,price:EUR"
GOOD = "DEMO-{run}-{number},Imported product {number},demo,standard,4.50"
ROWS = 90


@dataclass(frozen=True)
class Scenario:
    """A file that is imported; expected: the status and how many rows had which verdict."""

    title: str
    lines: tuple[str, ...]
    expected: str
    dry_run: bool = False


_GOOD = tuple(GOOD.replace("{number}", f"{number:02}") for number in range(1, ROWS + 1))
SCENARIOS = (
    Scenario("dry run", (HEADER, *_GOOD), f"COMPLETE {ROWS} created", dry_run=True),
    Scenario("new products", (HEADER, *_GOOD), f"COMPLETE {ROWS} created"),
    Scenario("the same file again", (HEADER, *_GOOD), f"COMPLETE {ROWS} unchanged"),
    Scenario(
        "rows that are not accepted",
        (
            HEADER,
            *_GOOD[:2],
            "DEMO-{run}-X,Product of no category,none,standard,1.00",
            "DEMO-{run}-Y,Product of no tax class,demo,none,1.00",
        ),
        "COMPLETE 2 unchanged, 2 refused",
    ),
    Scenario("changed price", ("sku,price:EUR", "DEMO-{run}-01,4.90"), "COMPLETE 1 updated"),
    Scenario("a product in two rows", (HEADER, _GOOD[0], _GOOD[0]), "REJECTED"),
)


class CatalogImportDemo:
    """The scenarios of the import, in their order: each uses the products of the one before."""

    name = "catalog_import"
    title = "Catalog import"
    scenarios = len(SCENARIOS)

    def run(self, stack: Stack, ended: Report) -> list[Outcome]:
        run = token_hex(3).upper()

        def one(number: int, scenario: Scenario) -> Outcome:
            return _one(stack, scenario, run, f"demo-{run.lower()}-c{number:02}")

        return audited(stack, run_scenarios(SCENARIOS, one, ended))


def file_of(scenario: Scenario, run: str) -> bytes:
    """Return the file of a scenario; run: a part of its SKUs."""
    return "\n".join(scenario.lines).replace("{run}", run).encode()


def _one(stack: Stack, scenario: Scenario, run: str, import_id: str) -> Outcome:
    imports = Imports(stack)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "products.csv"
        file.write_bytes(file_of(scenario, run))
        arn = imports.start(import_id, file, scenario.dry_run).arn
    execution = workflows.wait(stack, arn)
    actual: str = execution.status
    if execution.status == "SUCCEEDED":
        actual = describe(imports.report(import_id).model_dump())
    return Outcome(scenario.title, import_id, arn, scenario.expected, actual, [])


def describe(report: dict[str, object]) -> str:
    """Return the status of an import with its counts, in the words of `expected`."""
    counts = [
        f"{report[name]} {name}"
        for name in ("created", "updated", "unchanged", "refused")
        if report.get(name)
    ]
    return f"{report['status']} {', '.join(counts)}".strip()
