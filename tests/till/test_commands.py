"""The operator's commands, run as an operator runs them, over moto's AWS."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import pytest
from billing.documents.models import Seller
from cases.models import Opening
from cases.store import CasesStore
from catalog.models import Category, TaxClassPercent
from inventory.models import Location
from pydantic import AfterValidator, ValidationError, create_model
from tillflow.aws import client
from tillflow.errors import RecordChanged
from tillflow.store import MalformedRow, marshal, unmarshal
from typer.testing import CliRunner

from tests.support import shop_rows
from tests.support.api_functions import ApiFunctions
from tests.support.full_shop import CloudFormation
from tests.support.shop_rows import SALE, Row
from till.errors import explain_stored, operator_error_of
from till.main import app
from till.services.billing import Documents
from till.shop import ESPRESSO, GOODS, GRINDER, MUG, SELLER, Shop
from till.stack import Stack, find_stack
from verification.harness.services import data_services
from verification.harness.template import Template

TEMPLATE = Template.read()
WORKFLOWS = ("OrderCheckout", "OrderCancel")
NEXT_YEAR = datetime.now(UTC).year + 1
ORDER = json.loads((Path(__file__).parents[2] / "events/order_checkout.json").read_text())


def run(*arguments: str, code: int = 0, typed: str = "") -> Any:
    result = CliRunner().invoke(app, list(arguments), typed, env={"COLUMNS": "200"})
    assert result.exit_code == code, (result.output, result.exception)
    return result


@pytest.fixture
def aws() -> Iterator[None]:
    with data_services(TEMPLATE):
        yield


@pytest.fixture(autouse=True)
def no_local_stack(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TILLFLOW_HOME", str(tmp_path))


def deployed(
    monkeypatch: pytest.MonkeyPatch, outputs: dict[str, str], status: str = "CREATE_COMPLETE"
) -> None:
    clients, functions = Stack.client, ApiFunctions(TEMPLATE)

    def made(stack: Stack, service: str) -> Any:
        if service == "cloudformation":
            return CloudFormation(outputs, status)
        if service == "lambda":
            return functions
        return client(service) if service == "dynamodb" else clients(stack, service)

    monkeypatch.setattr(Stack, "client", made)


@pytest.fixture
def stack(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    machines = {
        name: client("stepfunctions").create_state_machine(
            name=name,
            definition=json.dumps(TEMPLATE.definition(name)),
            roleArn="arn:aws:iam::123456789012:role/workflow",
        )["stateMachineArn"]
        for name in ("OrderCheckout", "OrderCancel", "OrderReturn", "OrderExchange", "ImageIngest")
    }
    # moto starts no execution by an alias.
    aliases = {f"{name}Alias": arn for name, arn in machines.items()}
    buckets = ("DocumentsBucket", "ImagesBucket", "ThumbnailsBucket")
    for bucket in buckets:
        here = {"LocationConstraint": "eu-west-1"}
        client("s3").create_bucket(Bucket=bucket.lower(), CreateBucketConfiguration=here)
    queues = {
        name: client("sqs").create_queue(QueueName=name)["QueueUrl"]
        for name in ("ImageQueue", "ImageDeadLetterQueue")
    }
    outputs = {name: name for name in (*TEMPLATE.tables, *TEMPLATE.functions)} | {
        bucket: bucket.lower() for bucket in buckets
    }
    deployed(monkeypatch, outputs | machines | aliases | queues)


def put(tables: dict[str, list[Row]]) -> None:
    for table, rows in tables.items():
        for row in rows:
            client("dynamodb").put_item(TableName=table, Item=marshal(row))


def test_audit_without_violations_exits_0(stack: None) -> None:
    put(shop_rows.rows())
    assert "invariants hold" in run("audit").output


def test_audit_names_each_violation_and_exits_1(stack: None) -> None:
    tables = shop_rows.rows()
    tables["InventoryTable"][0]["on_hand"] = 9
    put(tables)
    violations = json.loads(run("audit", "--json", code=1).stdout)["violations"]
    assert {
        "name": "on_hand_is_sum_of_movements",
        "subject": shop_rows.LEVEL,
        "message": "on_hand is 9; its movements add up to 8",
    } in violations


def test_missing_stack_is_an_error_with_advice(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    deployed(monkeypatch, {})
    result = run("audit", code=2)
    assert "There is no stack tillflow" in result.stderr
    assert "sam deploy" in result.stderr


def test_second_seed_changes_nothing(stack: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("till.shop.WRITERS", 1)  # moto's tables are not safe to write from threads
    monkeypatch.setattr("till.shop.GOODS", GOODS[:6])  # and it copies them all for each transaction
    run("seed")
    run("seed")
    assert run("audit", "--json").exit_code == 0
    level = client("dynamodb").get_item(
        TableName="InventoryTable",
        Key=marshal({"pk": "LEVEL#store-1#MUG-WHT-300", "sk": "LEVEL"}),
    )["Item"]
    assert level["on_hand"]["N"] == "500"


def test_seed_leaves_what_exists_as_it_is(stack: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("till.shop.WRITERS", 1)
    monkeypatch.setattr("till.shop.GOODS", GOODS[:6])
    run("seed")
    shop = Shop(find_stack())
    scheduled = {"sku": MUG, "currency": "EUR", "price": 1500, "valid_from": f"{NEXT_YEAR}-01-01T00:00:00Z"}
    shop.catalog.schedule_price(scheduled)
    shop.catalog.retire(GRINDER, True)
    espresso, _ = shop.catalog.get(ESPRESSO)
    shop.catalog.put_product(espresso.model_copy(update={"name": "Espresso", "prices": {"EUR": 1990}}))
    shop.catalog.put_category(Category(category="coffee", name="Beans", retired=True))
    shop.catalog.put_tax_class(TaxClassPercent(tax_class="standard", percent=Decimal(19)))
    shop.stock.put_location(Location(location="store-1", name="Main street"))
    Documents(find_stack()).update_seller({"name": "Beans & Co"})
    tables = ("CatalogTable", "InventoryTable", "BillingTable", "CustomersTable", "PurchasingTable")
    before = {table: client("dynamodb").scan(TableName=table)["Items"] for table in tables}
    assert all(before.values())
    run("seed")
    assert {table: client("dynamodb").scan(TableName=table)["Items"] for table in tables} == before


def test_rate_from_a_day_on_begins_at_midnight_in_the_time_zone_of_the_shop(stack: None) -> None:
    run("tax-class", "set", "standard", "19")
    output = run("tax-class", "set", "standard", "16", "--from", f"{NEXT_YEAR}-07-01").output
    assert f"Tax class standard has 16 % from {NEXT_YEAR}-06-30T22:00:00Z on." in output
    [row] = json.loads(run("tax-class", "list", "--json").output)
    [change] = row["changes"]
    assert (row["percent"], change["percent"]) == ("19", "16")
    assert datetime.fromisoformat(change["valid_from"]) == datetime(NEXT_YEAR, 6, 30, 22, tzinfo=UTC)


def test_seed_succeeds_if_another_seeds_at_the_same_time(
    stack: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("till.shop.WRITERS", 1)
    monkeypatch.setattr("till.shop.GOODS", GOODS[:6])
    update = Documents.update_seller

    def overtaken(operations: Documents, changes: Mapping[str, Any]) -> Seller:
        update(operations, changes)
        raise RecordChanged("the seller", 0)

    monkeypatch.setattr(Documents, "update_seller", overtaken)
    run("seed")
    assert Documents(find_stack()).seller() == SELLER


def test_command_during_a_deployment_names_the_status(monkeypatch: pytest.MonkeyPatch, aws: None) -> None:
    deployed(monkeypatch, {"Other": "x"}, "CREATE_IN_PROGRESS")
    refused = run("order", "show", "x", code=2).stderr
    assert "Stack tillflow is still being deployed: its status is CREATE_IN_PROGRESS" in refused
    assert "another version" not in refused


def test_seed_prints_the_units_that_are_on_hand(stack: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("till.shop.WRITERS", 1)
    monkeypatch.setattr("till.shop.GOODS", GOODS[:6])
    assert "1300 units on hand at store-1" in run("seed").stdout
    Shop(find_stack()).receive("delivery", {"MUG-WHT-300": 7})
    assert "1307 units on hand at store-1" in run("seed").stdout


def test_show_prints_tenders_and_invoice(stack: None) -> None:
    tables = shop_rows.rows()
    line = {"sku": "MUG", "description": "Mug", "quantity": 2, "unit_price": 120, "tax": 40, "total": 240}
    document = {"lines": [line | {"line_discount": 0, "order_discount": 0}], "totals": {"total": 240}}
    tables["OrdersTable"][0]["document"] = json.dumps(document)
    put(tables)
    shown = run("order", "show", SALE).output
    assert "PAID" in shown
    assert "2.40 EUR" in shown
    assert "captured" in shown


def test_show_lists_tenders_by_number(stack: None) -> None:
    tenders = [shop_rows.tender(SALE, number, "cash", 1, "captured") for number in (1, 2, 10, 11)]
    put(shop_rows.rows() | {"PaymentsTable": tenders})
    shown = json.loads(run("order", "show", SALE, "--json").stdout)
    assert [row["tender_no"] for row in shown["tenders"]] == [1, 2, 10, 11]


def test_without_a_local_stack_the_shop_is_in_the_region_the_environment_names(
    aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as region:  # undone before the fixture that made the environment is
        region.delenv("AWS_DEFAULT_REGION", raising=False)
        region.delenv("AWS_ENDPOINT_URL", raising=False)
        region.setenv("AWS_REGION", "ap-southeast-2")
        named = find_stack().client("dynamodb").meta.endpoint_url
        assert named == "https://dynamodb.ap-southeast-2.amazonaws.com"
        region.delenv("AWS_REGION")
        assert "set AWS_REGION" in run("audit", code=2).stderr


def test_status_shows_the_deployment_in_use(stack: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "stack tillflow on AWS in eu-west-1: CREATE_COMPLETE" in run("status").output
    deployed(monkeypatch, {})
    assert "none. There is no stack tillflow on AWS in eu-west-1." in run("status", code=1).output


def test_status_of_a_stopped_stack_says_how_to_start_it(
    stack: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    printed = run("status", code=1).output
    assert "The local AWS is stopped" in printed
    assert "till up --detach" in printed
    assert "AWS_REGION" not in printed


def test_version_is_printed(stack: None) -> None:
    assert run("--version").stdout == f"till {version('tillflow')}\n"


def test_place_twice_starts_one_execution(stack: None, tmp_path: Path) -> None:
    file = tmp_path / "order.json"
    file.write_text(json.dumps(ORDER | {"order_id": "ord-7"}))
    first = json.loads(run("order", "place", str(file), "--json").stdout)
    second = json.loads(run("order", "place", str(file), "--json").stdout)
    assert first["execution_arn"] == second["execution_arn"]
    assert first["execution_arn"].endswith(":execution:OrderCheckout:ord-7")
    changed = ORDER | {"order_id": "ord-7", "lines": [{"sku": "MUG", "quantity": 1}]}
    file.write_text(json.dumps(changed))
    assert "order ord-7 exists with different content" in run("order", "place", str(file), code=2).stderr


def place(order_id: str, tmp_path: Path) -> None:
    file = tmp_path / "order.json"
    file.write_text(json.dumps(ORDER | {"order_id": order_id}))
    run("order", "place", str(file))


def test_cancel_twice_starts_one_execution(stack: None, tmp_path: Path) -> None:
    place("ord-7", tmp_path)
    first = json.loads(run("order", "cancel", "ord-7", "--json").stdout)
    assert first["execution_arn"].endswith(":execution:OrderCancel:ord-7")
    again = json.loads(run("order", "cancel", "ord-7", "--reason", "wrong size", "--json").stdout)
    assert (again["execution_arn"], again["duplicate"]) == (first["execution_arn"], True)
    audited = json.loads(run("audit", "--json").stdout)
    assert audited["running"] == ["ord-7"]


def test_cancel_after_a_failed_one_starts_another(stack: None, tmp_path: Path) -> None:
    place("ord-7", tmp_path)
    failed = json.loads(run("order", "cancel", "ord-7", "--json").stdout)["execution_arn"]
    client("stepfunctions").stop_execution(executionArn=failed)
    again = json.loads(run("order", "cancel", "ord-7", "--reason", "still", "--json").stdout)
    assert again["execution_arn"].endswith(":execution:OrderCancel:ord-7.2")
    assert json.loads(run("audit", "--json").stdout)["running"] == ["ord-7"]


def test_cancel_of_an_unknown_order_is_an_error(stack: None) -> None:
    assert "order ord-404 does not exist" in run("order", "cancel", "ord-404", code=2).stderr


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("{", "is not JSON"), ("[]", "is not an order"), ('{"order_id": "a b"}', "order_id is 'a b'; expected")],
)
def test_invalid_order_file_is_an_error(stack: None, tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "order.json"
    file.write_text(text)
    assert sentence in run("order", "place", str(file), code=2).stderr


def open_case(case_id: str, step: str, token: str) -> None:
    opening = Opening(
        case_id=case_id,
        business_id=case_id.split("#")[0],
        workflow="order_checkout",
        side="compensation",
        step=step,
        error="ReversalRefused",
        task_token=token,
    )
    CasesStore(client("dynamodb"), "CasesTable").open(opening)


def test_open_cases_are_listed_without_their_token(stack: None) -> None:
    open_case("ord-2#compensation", "ReversePayment", "secret")
    listed = run("case", "list", "--json").stdout
    assert json.loads(listed)[0]["case_id"] == "ord-2#compensation"
    assert "secret" not in listed
    shown = run("case", "show", "ord-2#compensation").output
    assert "ReversalRefused" in shown
    assert "secret" not in shown


@pytest.mark.parametrize("decision", ["done", "give_up"])
def test_a_case_is_not_closed_without_a_note(stack: None, decision: str) -> None:
    open_case("ord-2#compensation", "ReversePayment", "token")
    refused = run("case", "resolve", "ord-2#compensation", "--decision", decision, code=2)
    assert "expected what was done and why" in refused.stderr
    assert "ord-2#compensation" in run("case", "list").output


def test_same_decision_again_is_accepted_and_another_one_is_a_conflict(
    stack: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = "ord-2#compensation"
    open_case(case_id, "ReversePayment", "token")
    monkeypatch.setattr("cases.operations.complete_task", lambda *_: True)
    command = ("case", "resolve", case_id, "--note", "paid back", "--decision")
    assert f"{case_id} is resolved: done." in run(*command, "done").output
    monkeypatch.setattr("cases.operations.complete_task", lambda *_: False)
    assert f"{case_id} was resolved as done before; no workflow waits for it." in run(*command, "done").output
    assert f"case {case_id} was resolved as done" in run(*command, "give_up", code=2).stderr


def test_first_decision_without_a_waiting_workflow_is_an_error(
    stack: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_case("ord-2#compensation", "ReversePayment", "token")
    monkeypatch.setattr("cases.operations.complete_task", lambda *_: False)
    refused = run("case", "resolve", "ord-2#compensation", "--decision", "done", "--note", "x", code=2)
    assert "no workflow waits for it" in refused.stderr


def test_unknown_case_cannot_be_resolved(stack: None) -> None:
    assert "case x does not exist" in run("case", "resolve", "x", "--decision", "retry", code=2).stderr


@pytest.mark.parametrize(
    "command",
    [
        "seed",
        "demo",
        "audit",
        "history",
        "order place",
        "order cancel",
        "order show",
        "case list",
        "case show",
        "case resolve",
    ],
)
def test_every_command_shows_how_it_is_used(command: str) -> None:
    assert f"till {command}" in run(*command.split(), "--help").output


def test_the_catalog_is_listed_with_the_pictures_of_each_product(
    stack: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("till.shop.WRITERS", 1)
    monkeypatch.setattr("till.shop.GOODS", GOODS[:6])
    run("seed")
    link = {
        "pk": "PRODUCT#MUG-WHT-300",
        "sk": "IMAGE#0123456789abcdef0123",
        "key": "products/MUG-WHT-300/a.jpg",
        "image_id": "0123456789abcdef0123",
        "dominant_colour": "#ffffff",
        "updated_at": "2026-11-23T10:00:00Z",
    }
    put({"ImagesTable": [link]})
    first = json.loads(run("product", "list", "--limit", "3", "--json").stdout)
    assert [product["sku"] for product in first["products"]] == ["BOK-BRW-01", "COF-ESP-1KG", "COF-FIL-500"]
    next_page = json.loads(run("product", "list", "--after", first["after"], "--json").stdout)
    images = {product["sku"]: product["images"] for product in next_page["products"]}
    assert list(images) == ["COF-GEI-250", "GRD-HND-01", "MUG-WHT-300"]
    assert [image["key"] for image in images["MUG-WHT-300"]] == ["products/MUG-WHT-300/a.jpg"]
    assert images["GRD-HND-01"] == []
    assert f"till product list --after {first['after']}" in run("product", "list", "--limit", "3").stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("user", "create", "ada", "--group", "boss"),
            "'boss' is not one of 'cashier', 'manager', 'operator'",
        ),
        (("case", "resolve", "c", "--decision", "no"), "'no' is not one of 'retry', 'done', 'give_up'"),
        (("execution", "list", "--status", "NO"), "'NO' is not one of "),
        (("purchase", "invoice", "po-1", "--tax", "x"), "'x' is not an amount such as 12.50"),
    ],
)
def test_message_of_a_wrong_choice_begins_with_the_value(arguments: tuple[str, ...], message: str) -> None:
    output = run(*arguments, code=2).output
    assert f": {message}" in output
    assert "Value error" not in output


def test_message_of_an_invalid_row_has_the_reason_alone() -> None:
    def rejected(value: str) -> str:
        raise ValueError(f"{value!r} has no page")

    with pytest.raises(ValidationError) as invalid:
        create_model("Book", name=Annotated[str, AfterValidator(rejected)]).model_validate({"name": "a"})
    assert str(explain_stored(invalid.value)) == "A stored Book is not valid:\nname: 'a' has no page"


def test_row_that_lacks_an_attribute_is_named_to_the_operator() -> None:
    with pytest.raises(MalformedRow) as malformed:
        unmarshal({"pk": {"S": "ORDER#1"}, "sk": {"S": "ORDER"}})["status"]
    explained = operator_error_of(malformed.value)
    assert explained is not None
    assert str(explained) == "A stored row ORDER#1 ORDER has no status."
