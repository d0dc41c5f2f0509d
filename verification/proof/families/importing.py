"""Imports of products: each row is applied once under every fault, beside another writer of the same products."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from catalog.operations import CatalogOperations
from moto import mock_aws
from moto.s3.models import s3_backends
from tillflow.aws import client

from till.demo import catalog_import
from till.shop import ESPRESSO, MUG
from verification.harness.fixture import WorkflowFixture, seed_stock
from verification.harness.import_bucket import BUCKET, make_bucket, put_file
from verification.harness.template import ACCOUNT
from verification.proof.families.family import Family, FinalState, Scenario, StartExecutions, status_of
from verification.proof.schedule import A_DAY, CaseSchedule
from verification.proof.services import ProofServices

IMPORT = "CatalogImport"
RUN = "PROOF"
RETRIES = 3
"""How often a failed import is started again; one that still fails is a violation."""


@dataclass
class Restarts:
    """Starts a failed import again when the faults have ended, as `POST /product-imports` does."""

    business_id: str
    dry_run: bool
    violations: list[str] = field(default_factory=list)
    intervened: bool = False

    def advance(self, fixture: WorkflowFixture, schedule: CaseSchedule, arns: list[str]) -> bool:
        last = arns[-1]
        if status_of(fixture, last) not in ("FAILED", "TIMED_OUT") or len(arns) > RETRIES:
            return False
        self.intervened = True
        fixture.engine.pass_time(A_DAY)  # late effects precede the restart
        schedule.end_faults()
        arns.append(begin(fixture, self.business_id, self.dry_run, f"{self.business_id}.{len(arns) + 1}"))
        return True


class Importing(Family):
    """The demo's files, with fewer rows: one import each, into a catalog that has some of the products."""

    workflows = (IMPORT,)
    others = ()

    def prepare(self, services: ProofServices) -> None:
        services.resources.enter_context(mock_aws())
        make_bucket()
        seed_stock({ESPRESSO: 1, MUG: 1})

    def reset(self, services: ProofServices) -> None:
        s3_backends[ACCOUNT]["aws"].buckets[BUCKET].keys.clear()

    def scenarios(self) -> Iterator[Scenario]:
        for title, (body, expected, dry_run) in FILES.items():
            yield Scenario(
                self,
                IMPORT,
                title,
                _start(body, dry_run),
                expected,
                paired=title == "new, changed and refused rows",
                driver=partial(Restarts, dry_run=dry_run),
            )

    def run_concurrent_process(self, services: ProofServices, business_id: str) -> None:
        """Change a product of the file: its row applies to what the other writer has left."""
        catalog = CatalogOperations(client("dynamodb"), "CatalogTable")
        product, _ = catalog.get(MUG)
        catalog.put_product(product.model_copy(update={"description": business_id}))

    def event_identity(self, entry: Mapping[str, Any]) -> tuple[str, str]:
        raise AssertionError("an import publishes no events")

    def describe_outcome(self, final: FinalState) -> str:
        rows = list(final.shop.items("CatalogTable", "IMPORT", f"IMPORT#{final.business_id}"))
        return catalog_import.describe(dict(rows[0])) if rows else "none"

    def check_end(self, final: FinalState) -> Iterator[str]:
        if final.status(final.arns[-1]) != "SUCCEEDED":
            yield f"{final.arns[-1]} failed {RETRIES} times"
        rows = list(final.shop.items("CatalogTable", "IMPORT", f"IMPORT#{final.business_id}"))
        products = {row["sku"]: row for row in final.shop.items("CatalogTable", "PRODUCT", "PRODUCT#")}
        created = {sku for sku in products if sku.startswith(f"DEMO-{RUN}")}
        row = rows[0] if rows else {}
        if (row.get("dry_run") or row.get("status") == "REJECTED") and created:
            yield f"nothing was to be changed, and {sorted(created)} were created"
        if row.get("status") == "COMPLETE" and not row["dry_run"] and len(created) != row["created"]:
            yield f"{row['created']} rows created {sorted(created)}"
        for sku in created:
            if products[sku]["version"] != 1:
                yield f"{sku} was written {products[sku]['version']} times"
        if row.get("status") == "COMPLETE":
            results = client("s3").list_objects_v2(Bucket=BUCKET, Prefix="results/").get("Contents", [])
            if [one["Key"] for one in results] != [f"results/{final.business_id}.csv"]:
                yield f"the results are {results}"


_GOOD = tuple(
    catalog_import.GOOD.replace("{run}", RUN).replace("{number}", f"{number:02}") for number in (1, 2)
)
_MIXED = (
    catalog_import.HEADER,
    *_GOOD,
    f"{MUG},A renamed mug,kitchen,standard,13.50",
    f"DEMO-{RUN}-X,Product of no category,none,standard,1.00",
)
FILES: dict[str, tuple[tuple[str, ...], str, bool]] = {
    "new, changed and refused rows": (_MIXED, "COMPLETE 2 created, 1 updated, 1 refused", False),
    "dry run": (_MIXED, "COMPLETE 2 created, 1 updated, 1 refused", True),
    "a product in two rows": ((catalog_import.HEADER, _GOOD[0], _GOOD[0]), "REJECTED", False),
}


def begin(fixture: WorkflowFixture, business_id: str, dry_run: bool, name: str) -> str:
    """Start an execution unless it was started before a crash; return its ARN."""
    request = {"import_id": business_id, "dry_run": dry_run}
    return fixture.start_named(request, IMPORT, name)


def _start(lines: tuple[str, ...], dry_run: bool) -> StartExecutions:
    def start(fixture: WorkflowFixture, schedule: CaseSchedule, business_id: str) -> list[str]:
        put_file(business_id, "\n".join(lines).encode())
        fixture.schedule = schedule
        return [begin(fixture, business_id, dry_run, business_id)]

    return start
