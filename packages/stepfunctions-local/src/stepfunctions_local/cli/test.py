"""`test`: run the test cases of a mock configuration file in virtual time."""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import ApiError, StateError
from ..faults import MockConfigError, Mocks
from ..interpreter.invoker import TaskCall
from ..services import HttpRequest, HttpResponse
from ..testing import FakeServices, Result, VirtualEngine
from . import definitions
from .errors import CommandError


def add_parser(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the command's parser."""
    parser = commands.add_parser(
        "test",
        help="Run the test cases of a mock file.",
        description="Run the test cases of an AWS Step Functions Local mock file in virtual time. "
        "The exit status is 1 when an execution does not succeed.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="Definition in JSON.")
    parser.add_argument("--mock", type=Path, required=True, metavar="MOCK", help="Mock configuration file.")
    parser.add_argument("--machine", help="State machine in the mock file; default: the only one.")
    parser.add_argument("--case", action="append", help="Test case to run; default: all. May be repeated.")
    parser.add_argument("--input", default="{}", help="Execution input in JSON.")
    parser.add_argument("--json", action="store_true", help="Print the results as JSON.")
    definitions.add_arguments(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the test cases, print their results, and return 1 when one does not succeed."""
    try:
        mocks = Mocks.read(arguments.mock)
        machine = _machine(mocks, arguments.machine)
        cases = _cases(mocks, machine, arguments.case)
        definition = definitions.read(arguments.file, arguments.set)
        _check_states(mocks, machine, cases, definition)
        results = {
            case: _run_case(mocks, machine, case, definition, arguments.type, arguments.input)
            for case in cases
        }
    except (MockConfigError, ApiError) as error:
        raise CommandError(str(error)) from None
    sys.stdout.write(_json(results) if arguments.json else _table(results))
    return 0 if all(result.status == "SUCCEEDED" for result in results.values()) else 1


def _machine(mocks: Mocks, requested: str | None) -> str:
    names = list(mocks.test_cases)
    if not names:
        raise CommandError("The mock file has no state machine.")
    if requested is not None and requested not in names:
        raise CommandError(
            f"The mock file has no state machine '{requested}'. Available: {', '.join(names)}."
        )
    if requested is None and len(names) != 1:
        raise CommandError(
            f"The mock file has several state machines: use --machine with one of {', '.join(names)}."
        )
    return requested or names[0]


def _cases(mocks: Mocks, machine: str, requested: list[str] | None) -> list[str]:
    available = mocks.test_cases[machine]
    for case in requested or []:
        if case not in available:
            raise CommandError(f"'{machine}' has no test case '{case}'. Available: {', '.join(available)}.")
    return requested or available


def _check_states(mocks: Mocks, machine: str, cases: list[str], definition: str) -> None:
    """Refuse mocks of states that the definition lacks: their results would never be returned."""
    tasks = sorted(definitions.task_states(definition))
    for case in cases:
        for state in mocks.states(machine, case):
            if state not in tasks:
                raise CommandError(
                    f"The test case '{case}' mocks the state '{state}', which is not a task of the definition. "
                    f"Tasks: {', '.join(tasks) or 'none'}."
                )


def _run_case(
    mocks: Mocks, machine: str, case: str, definition: str, kind: str, execution_input: str
) -> Result:
    async def proceed(call: TaskCall) -> Any:
        return await call.proceed()

    with VirtualEngine(_NoServices(case), invoker=mocks.wrap(proceed)) as engine:
        arn = engine.create(definition, name=machine, kind=kind)
        started = engine.start_execution(stateMachineArn=f"{arn}#{case}", input=execution_input)
        return engine.finish(started["executionArn"])


class _NoServices(FakeServices):
    """Services that cannot be called: a task without a mock fails, and names what it would have called."""

    def __init__(self, case: str):
        super().__init__()
        self.case = case

    async def call(self, service: str, operation: str, params: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        raise self._error(f"{service}:{operation}")

    async def invoke_lambda(self, function: str, payload: bytes, **_: Any) -> dict[str, Any]:
        raise self._error(f"the function {function}")

    async def http(self, request: HttpRequest, **_: Any) -> HttpResponse:
        raise self._error(request.url)

    def _error(self, target: str) -> StateError:
        return StateError(
            "States.Runtime",
            f"The test case '{self.case}' has no mock of this state, and {target} is not called in a test.",
        )


def _table(results: dict[str, Result]) -> str:
    lines = []
    for case, result in results.items():
        failure = f" {result.error}: {result.cause}" if result.error else ""
        lines.append(f"{case}: {result.status} after {result.elapsed:g} s{failure}")
        lines.append(f"  {' > '.join(result.states)}")
    return "\n".join(lines) + "\n"


def _json(results: dict[str, Result]) -> str:
    document = {
        case: {
            "status": result.status,
            "output": result.output,
            "error": result.error,
            "cause": result.cause,
            "elapsedSeconds": result.elapsed,
            "states": result.states,
        }
        for case, result in results.items()
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
