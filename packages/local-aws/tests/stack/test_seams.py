"""Where our code reaches into MiniStack. Each test names one seam; a failure after an upgrade says it moved."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from local_aws import ministack
from local_aws.lambda_runner import LogEvent

_SOURCES = ministack.package_folder()
_EXECUTORS = ("warm", "docker", "provided", "provided_warm", "proxy", "local")


class _NoEngine:
    def submit(
        self, operation: str, params: dict[str, Any], trace_header: str | None = None
    ) -> Future[dict[str, Any]]:
        raise NotImplementedError

    def call(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        raise NotImplementedError


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def test_the_version_is_the_one_the_seams_were_read_in() -> None:
    assert ministack.installed_version() == ministack.VERSION


def _names_used_of_step_functions() -> Iterator[tuple[str, str]]:
    """(file, attribute) wherever MiniStack itself uses its Step Functions module."""
    for path in _SOURCES.rglob("*.py"):
        if path.name == "stepfunctions.py" or "stepfunctions" not in path.read_text():
            continue
        tree = _parsed(path)
        aliases = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module == "ministack.services":
                aliases |= {name.asname or name.name for name in node.names if name.name == "stepfunctions"}
            elif isinstance(node, ast.Import):
                aliases |= {
                    name.asname
                    for name in node.names
                    if name.name == "ministack.services.stepfunctions" and name.asname
                }
            elif isinstance(node, ast.ImportFrom) and node.module == "ministack.services.stepfunctions":
                yield from ((path.name, name.name) for name in node.names)
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id in aliases
            ):
                yield path.name, node.attr


def test_our_module_has_all_that_ministack_uses_of_its_own() -> None:
    ours = ministack._StepFunctionsModule(_NoEngine())
    used = set(_names_used_of_step_functions())
    assert {file for file, _ in used} == {"provisioners.py", "drift.py", "eventbridge.py", "pipes.py"}
    assert [(file, name) for file, name in sorted(used) if not hasattr(ours, name)] == []


def test_the_router_asks_for_handle_request_of_the_module_under_its_name() -> None:
    app = importlib.import_module("ministack.app")
    assert app.SERVICE_REGISTRY["states"]["module"] == "stepfunctions"
    source = inspect.getsource(app._lazy_handler)
    assert "handle_request(method, path, headers, body, query_params)" in source


def test_every_executor_is_reached_by_way_of_the_dispatch_we_replace() -> None:
    """Who calls an executor, in all of MiniStack: the dispatch, or another executor."""
    executors = {f"_execute_function_{name}" for name in _EXECUTORS}
    callers: dict[str, set[str]] = {}
    for path in _SOURCES.rglob("*.py"):
        for function in (
            node
            for node in ast.walk(_parsed(path))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ):
            for node in ast.walk(function):
                if isinstance(node, ast.Name | ast.Attribute):
                    name = node.id if isinstance(node, ast.Name) else node.attr
                    if name in executors | {"_execute_function_dispatch"}:
                        callers.setdefault(name, set()).add(function.name)
    assert callers.pop("_execute_function_dispatch") == {"_execute_function"}
    assert set(callers) <= executors
    assert set().union(*callers.values()) - executors == {"_execute_function_dispatch"}


@pytest.mark.parametrize(
    ("module", "name", "parameters"),
    [
        (
            "services.lambda_svc",
            "_execute_function_dispatch",
            ["func", "config", "event", "request_id", "started"],
        ),
        ("services.lambda_svc", "_invoke", ["name", "event", "headers"]),
        ("services.lambda_svc", "_find_layer_version", ["layer_name", "version", "account_id", "region"]),
        ("services.lambda_svc", "_resolve_layer_zip", ["attachment"]),
        ("services.eventbridge", "_put_events", ["data", "allow_aws_source"]),
        ("services.eventbridge", "_events_log_list", []),
        ("services.cloudwatch_logs", "_append_log_events", ["stream", "events"]),
        ("services.cloudwatch_logs", "_make_group_arn", ["name"]),
        (
            "services.cloudwatch_logs",
            "_fanout_to_subscription_filters",
            ["group_name", "stream_name", "events"],
        ),
        ("core.persistence", "save_all", ["services"]),
        ("core.responses", "request_scope", ["account_id", "region"]),
        ("app", "_build_persistence_save_dict", []),
    ],
)
def test_a_function_we_call_or_replace_takes_what_it_took(
    module: str, name: str, parameters: list[str]
) -> None:
    function = getattr(importlib.import_module(f"ministack.{module}"), name)
    assert list(inspect.signature(function).parameters)[: len(parameters)] == parameters


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("services.cloudformation", "_stacks"),
        ("services.iam", "_roles"),
        ("services.cloudwatch_logs", "_log_groups"),
        ("app", "app"),
    ],
)
def test_a_store_we_read_is_there(module: str, name: str) -> None:
    assert hasattr(importlib.import_module(f"ministack.{module}"), name)


def test_lambda_calls_invoke_by_the_name_we_replace() -> None:
    service = importlib.import_module("ministack.services.lambda_svc")
    assert "await _invoke(" in inspect.getsource(service.handle_request)


def test_a_log_group_keeps_its_newest_streams() -> None:
    logs = importlib.import_module("ministack.services.cloudwatch_logs")
    for number in range(60):
        ministack.write_logs("/aws/lambda/busy", f"stream-{number:02}", [LogEvent(number, "said")])
    with ministack._scope():
        kept = list(logs._log_groups["/aws/lambda/busy"]["streams"])
    assert kept == [f"stream-{number:02}" for number in range(10, 60)]
