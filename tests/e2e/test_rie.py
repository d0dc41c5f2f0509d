"""Compare responses of built packages under AWS's Runtime Interface Emulator with those of the deployed functions.

`sam local invoke` needs a container engine. The emulator that it starts in the container ships with SAM; here it runs
without a container, with awslambdaric, the built package and layers, the credentials of the function's role, and the
variables that SAM gives the container.
"""

from __future__ import annotations

import http.client
import json
import os
import platform
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import samcli
from local_aws import client_environment
from samcli.commands.local.lib.local_lambda import LocalLambdaRunner
from samcli.lib.providers.sam_function_provider import SamFunctionProvider
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider

from tests.support.deployed_shop import Deployed
from tests.support.local_stack import free_port
from till import workflows
from till.local_stack import LAMBDA_PYTHON
from verification.harness.template import FUNCTION, SAM_FUNCTION, Template

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

EVENTS = Path(__file__).parents[2] / "events"
MACHINE = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}[
    platform.machine().lower()
]
EMULATOR = Path(samcli.__file__).parent / "local" / "rapid" / f"aws-lambda-rie-{MACHINE}"


def _event_file(function: str) -> Path:
    return EVENTS / f"{re.sub(r'(?<!^)(?=[A-Z])', '_', function.removesuffix('Function')).lower()}.json"


SALE = {
    f"{state}Function"
    for state in (
        "PriceOrder",
        "ReserveStock",
        "AuthorisePayment",
        "CapturePayment",
        "CommitStock",
        "IssueInvoice",
        "PostJournal",
    )
}


def _functions() -> Iterator[Any]:
    """Yield the functions: those of a sale and one of each package for every run, the others for the long one.

    A package is a service with its layers.
    """
    packages = set()
    for name, resource in sorted(Template.read().resources.items()):
        if resource["Type"] in (FUNCTION, SAM_FUNCTION):
            properties = resource["Properties"]
            service = properties["Handler"].partition(".")[0]
            package = service, json.dumps(properties.get("Layers"))
            short = name in SALE or package not in packages
            yield pytest.param(name, marks=[] if short else [pytest.mark.long])
            packages.add(package)


@pytest.fixture(scope="module", autouse=True)
def effects_without_workflows(shop: Deployed) -> Iterator[None]:
    """Expect what functions leave behind that are called outside of their workflows."""
    yield
    shop.expect_violations()


@pytest.fixture(scope="module")
def sale(shop: Deployed, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Sell events/order_checkout.json on the deployed workflow; return the responses of its functions by state.

    It is paid in part by card, as the events of its functions are: placing an order exchanges the card's token.
    """
    steps, event = shop.client("stepfunctions"), tmp_path_factory.mktemp("sale") / "order.json"
    order = json.loads((EVENTS / "order_checkout.json").read_text())
    order["placed_at"] = workflows.now()
    order["tenders"] = [{"type": "cash", "amount": 1000}, {"type": "card", "token": "tok_visa"}]
    event.write_text(json.dumps(order))
    order_id = order["order_id"]
    shop.till("order", "place", str(event), "--wait")
    execution = shop.outputs()["OrderCheckout"].replace(":stateMachine:", ":execution:") + f":{order_id}"
    history = [
        event
        for page in steps.get_paginator("get_execution_history").paginate(executionArn=execution)
        for event in page["events"]
    ]
    entered = ""
    responses: dict[str, Any] = {}
    for each in history:
        entered = each.get("stateEnteredEventDetails", {}).get("name", entered)
        succeeded = each.get("taskSucceededEventDetails", {})
        if succeeded.get("resourceType") == "lambda":
            responses[entered] = json.loads(succeeded["output"])["Payload"]
    return responses


@pytest.fixture(scope="module")
def containers(shop: Deployed) -> Callable[[str], dict[str, str]]:
    """Return a function for the variables that SAM gives the container of a Lambda function."""
    stacks, _ = SamLocalStackProvider.get_stacks(str(shop.folder.path / "build" / "template.yaml"))
    functions = SamFunctionProvider(stacks)
    variables = json.loads(shop.till("env", "--sam"))
    runner = LocalLambdaRunner(
        local_runtime=None,
        function_provider=functions,
        cwd=".",
        real_path=".",
        aws_region=client_environment(shop.stack)["AWS_REGION"],  # as who has exported what `till env` prints
        env_vars_values=variables,
    )

    def variables_of(function: str) -> dict[str, str]:
        resolved: dict[str, str] = runner._make_env_vars(functions.get(function)).resolve()
        return resolved

    return variables_of


@contextmanager
def _emulated(shop: Deployed, function: str, variables: dict[str, str]) -> Iterator[int]:
    """Run a function's built package under the emulator; yield its port."""
    settings = shop.client("lambda").get_function(FunctionName=shop.outputs()[function])["Configuration"]
    role = shop.client("sts").assume_role(RoleArn=settings["Role"], RoleSessionName="rie")["Credentials"]
    build, port = shop.folder.path / "build", free_port()
    # A function of a nested stack is built in a folder of the stack's name.
    [package] = [path for path in (build / function, *build.glob(f"*/{function}")) if path.is_dir()]
    # A layer is called by its logical id, which is its folder's name.
    layers = [build / layer["Arn"].split(":")[6] / "python" for layer in settings.get("Layers", ())]
    process = subprocess.Popen(
        [
            EMULATOR, "--log-level", "error",
            "--runtime-interface-emulator-address", f"127.0.0.1:{port}",
            "--runtime-api-address", f"127.0.0.1:{free_port()}",
            LAMBDA_PYTHON, "-m", "awslambdaric", settings["Handler"],
        ],
        cwd=package,
        env=variables | {
            "PATH": f"{LAMBDA_PYTHON.parent}:/usr/bin:/bin",
            "PYTHONPATH": os.pathsep.join(map(str, [package, *layers])),
            "LAMBDA_TASK_ROOT": str(package),
            "AWS_ACCESS_KEY_ID": role["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": role["SecretAccessKey"],
            "AWS_SESSION_TOKEN": role["SessionToken"],
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        yield port
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _ask(port: int, event: Any) -> Any:
    deadline = time.monotonic() + 20
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request("POST", "/2015-03-31/functions/function/invocations", json.dumps(event))
            return json.loads(connection.getresponse().read())
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, "the emulator does not listen"
            time.sleep(0.02)
        finally:
            connection.close()


def _essence(response: Any) -> Any:
    """Return an response without values that differ between runs: request ids, paths, signatures, times."""
    if isinstance(response, dict):
        if "errorType" in response:
            return {"errorType": response["errorType"], "errorMessage": response.get("errorMessage")}
        signed = {"policy", "x-correlation-id", "correlation_id"}
        signed |= {key for key in response if key.lower().startswith("x-amz-")}
        return {key: _essence(value) for key, value in response.items() if key not in signed}
    if isinstance(response, list):
        return [_essence(value) for value in response]
    if isinstance(response, str) and response.startswith(("{", "[")):
        return _essence(json.loads(response))
    if isinstance(response, str) and re.search(r"X-Amz-|^[0-9a-f]{12,}$|^\d{4}-\d\d-\d\dT", response):
        return "…"
    return response


@pytest.mark.parametrize("function", list(_functions()))
def test_built_package_responds_like_the_deployed_function(
    shop: Deployed, sale: dict[str, Any], containers: Callable[[str], dict[str, str]], function: str
) -> None:
    """A function of the sale gets the event of the workflow again and must return the same response."""
    event = json.loads(_event_file(function).read_text())
    state = function.removesuffix("Function")
    if "invoice_number" in event:
        # The one thing an event written beforehand cannot know: how many sales came before.
        event["invoice_number"] = sale["IssueInvoice"]["invoice_number"]
    if state not in sale:
        # A compensation of an order nobody placed changes nothing the audit looks at.
        event = json.loads(json.dumps(event).replace("ord-2026-11-23-store-1-0001", f"rie-{state}"))
    with _emulated(shop, function, containers(function)) as port:
        response = _ask(port, event)
    if state in sale:
        assert _essence(response) == _essence(sale[state])
    else:
        deployed = shop.client("lambda").invoke(
            FunctionName=shop.outputs()[function], Payload=json.dumps(event).encode()
        )
        assert _essence(response) == _essence(json.loads(deployed["Payload"].read()))
        assert not str((response or {}).get("errorType", "")).startswith("Runtime.")


def test_seven_functions_of_the_sale_were_compared_with_the_workflow(sale: dict[str, Any]) -> None:
    assert {f"{state}Function" for state in sale} == SALE
