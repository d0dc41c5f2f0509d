"""Import of products from end to end: batches of a CSV file, repeated runs, failures that are continued."""

import csv
import io
from collections.abc import Iterator

import pytest
from catalog.operations import CatalogOperations
from tillflow.aws import client

from till.shop import ESPRESSO, MUG
from verification.harness.faults import FOREVER, Fault
from verification.harness.fixture import Run, WorkflowFixture, seed_stock
from verification.harness.import_bucket import BUCKET, make_bucket, put_file
from verification.harness.services import LocalServices, data_services
from verification.harness.template import Template

IMPORT = "CatalogImport"
HEADER = "sku,name,category,tax_class,price:EUR"


@pytest.fixture
def shop() -> Iterator[WorkflowFixture]:
    template = Template.read()
    with data_services(template):
        make_bucket()
        seed_stock({ESPRESSO: 1, MUG: 1})
        built = WorkflowFixture(template, IMPORT, LocalServices(template))
        yield built
        built.close()


def rows(count: int) -> list[str]:
    return [f'SKU-{number:03},"Product, no. {number}",kitchen,standard,4.50' for number in range(count)]


def run(
    shop: WorkflowFixture, lines: list[str], import_id: str, *faults: Fault, dry_run: bool = False
) -> Run:
    put_file(import_id, "\n".join(lines).encode())
    [ended] = shop.run({"import_id": import_id, "dry_run": dry_run}, faults=faults)
    return ended


def catalog() -> CatalogOperations:
    return CatalogOperations(client("dynamodb"), "CatalogTable")


def result(import_id: str) -> list[dict[str, str]]:
    body = client("s3").get_object(Bucket=BUCKET, Key=f"results/{import_id}.csv")["Body"].read()
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))


def test_every_row_of_a_file_is_applied_in_batches(shop: WorkflowFixture) -> None:
    ended = run(shop, [HEADER, *rows(95), f"{MUG},A mug,nope,standard,x"], "imp-1")
    assert ended.output == {
        "import_id": "imp-1",
        "dry_run": False,
        "status": "COMPLETE",
        "rows": 96,
        "created": 95,
        "updated": 0,
        "unchanged": 0,
        "refused": 1,
    }
    assert shop.services.invoked["ImportRowsFunction"] == 3
    assert catalog().get("SKU-094")[0].name == "Product, no. 94"
    lines = result("imp-1")
    assert [line["row"] for line in lines] == [*map(str, range(2, 98)), "97"]
    assert [line["field"] for line in lines[-2:]] == ["price:EUR", "category"]
    assert shop.audit() == []


def test_same_file_again_changes_nothing(shop: WorkflowFixture) -> None:
    run(shop, [HEADER, *rows(45)], "imp-1")
    version = catalog().version()
    assert run(shop, [HEADER, *rows(45)], "imp-2").output["unchanged"] == 45
    assert catalog().version() == version
    assert shop.audit() == []


def test_dry_run_changes_no_product(shop: WorkflowFixture) -> None:
    before = catalog().list_products()
    ended = run(shop, [HEADER, *rows(45)], "imp-1", dry_run=True)
    assert (ended.output["created"], ended.output["dry_run"]) == (45, True)
    assert catalog().list_products() == before
    assert len(result("imp-1")) == 45
    assert shop.audit() == []


def test_rejected_file_ends_without_a_batch(shop: WorkflowFixture) -> None:
    ended = run(shop, [HEADER, *rows(2), *rows(1)], "imp-1")
    assert (ended.status, ended.output["status"]) == ("SUCCEEDED", "REJECTED")
    assert shop.services.invoked["ImportRowsFunction"] == 0
    assert shop.row("CatalogTable", "IMPORT#imp-1", "IMPORT")["problems"] == [
        {
            "row": 4,
            "sku": "",
            "field": "sku",
            "value": "SKU-000",
            "accepted": "a sku of one row; row 2 has it",
        }
    ]
    assert shop.audit() == []


def test_file_that_was_replaced_after_its_check_is_not_read(shop: WorkflowFixture) -> None:
    put_file("imp-1", "\n".join([HEADER, *rows(1)]).encode())
    key = "imports/imp-1.csv"
    shop.schedule = shop.schedule.of([Fault("ImportRows", "fail_before", FOREVER)])
    arn = shop.start({"import_id": "imp-1", "dry_run": False}, IMPORT)
    client("s3").put_object(Bucket=BUCKET, Key=key, Body="\n".join([HEADER, *rows(9)]).encode())
    assert shop.run_until_settled(arn).status == "FAILED"
    shop.schedule = shop.schedule.of([])
    shop.engine.redrive_execution(executionArn=arn)
    assert shop.run_until_settled(arn).output["rows"] == 1


def test_failed_batch_is_continued_by_a_redrive(shop: WorkflowFixture) -> None:
    fault = Fault("ImportRows", "fail_after", FOREVER)
    ended = run(shop, [HEADER, *rows(95)], "imp-1", fault)
    assert (ended.status, ended.error) == ("FAILED", "States.ExceedToleratedFailureThreshold")
    shop.schedule = shop.schedule.of([])
    shop.engine.redrive_execution(executionArn=ended.arn)
    again = shop.run_until_settled(ended.arn)
    assert (again.status, again.output["created"]) == ("SUCCEEDED", 95)
    assert {catalog().get(f"SKU-{number:03}")[1] for number in range(95)} == {1}
    assert shop.audit() == []
