"""Log lines of every workflow: each names its execution, and none has a secret or personal data."""

import io
import json
import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from customers.models import Address, Customer
from customers.store import CustomersStore
from tillflow import handling
from tillflow.aws import client

from till.demo.order_checkout import BASKET, card, order
from till.shop import ESPRESSO, MUG
from verification.harness.fixture import WorkflowFixture, seed_stock, workflow_fixture
from verification.harness.services import LocalServices
from verification.proof.case import Case
from verification.proof.families import SCENARIOS
from verification.proof.prover import Prover, prover

SCENARIOS_OF_WORKFLOWS = [name for name, scenario in SCENARIOS.items() if scenario.paired]
# It reads a queue: no execution calls it.
WITHOUT_EXECUTION = {"post_corrections"}
# Fields of requests whose values are secrets or identify a person or an account.
SECRET_FIELDS = {"task_token", "token", "code", "account", "secret"}
CUSTOMER = Customer(
    customer_id="cus-1",
    name="Zebedee Quartz",
    email="zebedee@quartz.example",
    phone="+49 171 5550199",
    note="prefers the side door",
    billing_address=Address(street="Lantern Row 7", postal_code="10115", city="Veldhaven", country="DE"),
)
PERSONAL = ("Zebedee", "Quartz", "quartz.example", "5550199", "side door", "Lantern Row", "Veldhaven")


class Recorder:
    """What functions write to the log, and the secrets in their requests and responses."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        self.secrets: set[str] = set()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def record(self, value: Any) -> None:
        if isinstance(value, Mapping):
            for name, member in value.items():
                if name in SECRET_FIELDS and isinstance(member, str) and len(member) > 3:
                    self.secrets.add(member)
                self.record(member)
        elif isinstance(value, list):
            for member in value:
                self.record(member)

    def leaks(self, *texts: str) -> set[str]:
        """Return the secrets that are in a text."""
        return {secret for secret in self.secrets for text in texts if secret in text}


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    recorder, handle = Recorder(), LocalServices.handle

    def recorded(services: LocalServices, name: str, event: Any) -> dict[str, Any]:
        recorder.record(event)
        return handle(services, name, event)

    monkeypatch.setattr(LocalServices, "handle", recorded)
    handler = logging.StreamHandler(recorder.stream)
    handler.setFormatter(handling.logger.registered_formatter)
    level = handling.logger.log_level
    handling.logger.addHandler(handler)
    handling.logger.setLevel("DEBUG")
    yield recorder
    handling.logger.setLevel(level)
    logging.getLogger(handling.logger.name).removeHandler(handler)


@pytest.fixture
def proof() -> Iterator[Prover]:
    with prover() as built:
        yield built


@pytest.mark.parametrize("name", SCENARIOS_OF_WORKFLOWS)
def test_every_line_names_its_execution_and_no_line_or_event_has_a_secret(
    proof: Prover, recorder: Recorder, name: str
) -> None:
    assert proof.prove(Case(SCENARIOS[name])).violations == []
    lines, events = recorder.lines, [json.dumps(dict(entry)) for entry in proof.services.events]
    unnamed = {line["step"] for line in lines if not line.get("execution")}
    assert unnamed <= WITHOUT_EXECUTION
    assert recorder.leaks(recorder.stream.getvalue(), *events) == set()


def test_scenarios_have_secrets_that_a_line_could_have(proof: Prover, recorder: Recorder) -> None:
    (name,) = [name for name in SCENARIOS_OF_WORKFLOWS if name.endswith("cancelled before it leaves")]
    proof.prove(Case(SCENARIOS[name]))
    assert recorder.secrets and recorder.lines
    assert recorder.leaks(*recorder.secrets) == recorder.secrets


@pytest.fixture
def shop() -> Iterator[WorkflowFixture]:
    with workflow_fixture() as built:
        seed_stock({ESPRESSO: 10, MUG: 10})
        CustomersStore(client("dynamodb"), "CustomersTable").create(CUSTOMER, datetime.now(UTC))
        yield built


@pytest.mark.parametrize("token", ["tok_visa", "tok_declined"])
def test_customer_of_a_sale_is_in_no_line_and_no_event(
    shop: WorkflowFixture, recorder: Recorder, token: str
) -> None:
    sale = order(BASKET, card(token), order_id="ord-1", placed_at="2026-11-23T10:00:00Z", customer_id="cus-1")
    shop.run(sale)
    shop.run({"order_id": "ord-1", "reason": "changed their mind"}, workflow="OrderCancel")
    written = recorder.stream.getvalue() + json.dumps([dict(entry) for entry in shop.services.events])
    assert '"order_id":"ord-1"' in written
    assert [text for text in (*PERSONAL, token) if text in written] == []
