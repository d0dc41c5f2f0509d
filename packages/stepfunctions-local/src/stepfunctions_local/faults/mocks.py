"""Mock configuration files of AWS Step Functions Local: task results by state machine and test case.

An execution of `<state machine ARN>#<TestCase>` gets the test case's results; states that the test case does not name
call their services. An unknown test case fails the execution.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/sfn-local-mock-cfg-file.html
"""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import StateError
from ..interpreter.invoker import Invoker, TaskCall, TaskResult


class MockConfigError(ValueError):
    """An invalid mock configuration; the message names the place and what is accepted."""


class Mocks:
    """A mock configuration: the results of each state by delivery.

    `test_cases` has the names of the test cases of each state machine.
    """

    def __init__(self, document: Mapping[str, Any]):
        document = _object(document, "The mock configuration")
        responses = {
            name: _numbered(name, body)
            for name, body in _object(document.get("MockedResponses", {}), "MockedResponses").items()
        }
        self.test_cases: dict[str, list[str]] = {}
        self._cases: dict[tuple[str, str, str], dict[int, Any]] = {}
        for machine, body in _object(document.get("StateMachines", {}), "StateMachines").items():
            place = f"StateMachines/{machine}"
            test_cases = _object(_object(body, place).get("TestCases", {}), f"{place}/TestCases")
            self.test_cases[machine] = list(test_cases)
            for case, states in test_cases.items():
                for state, response in _object(states, f"{place}/TestCases/{case}").items():
                    if not isinstance(response, str) or response not in responses:
                        raise MockConfigError(
                            f"{place}/TestCases/{case}/{state} must be the name of a response in MockedResponses; "
                            f"got {json.dumps(response)}"
                        )
                    self._cases[machine, case, state] = responses[response]
        self._deliveries: Counter[tuple[str, str]] = Counter()

    @classmethod
    def read(cls, path: str | Path) -> "Mocks":
        """Read a mock configuration file. Raises MockConfigError, OSError."""
        try:
            document = json.loads(Path(path).read_text())
        except ValueError as error:
            raise MockConfigError(f"{path} is not valid JSON: {error}") from None
        return cls(document)

    def states(self, machine: str, case: str) -> list[str]:
        """Return the names of the states that a test case mocks."""
        return [state for of, name, state in self._cases if (of, name) == (machine, case)]

    def wrap(self, invoker: Invoker) -> Invoker:
        """Return an invoker that returns mocked results and passes other calls to `invoker`."""

        async def invoke(call: TaskCall) -> Any:
            self._check_case(call)
            results = self._cases.get((call.machine_name, call.test_case or "", call.state_name))
            return await invoker(call) if results is None else self._result(call, results)

        return invoke

    def _check_case(self, call: TaskCall) -> None:
        test_cases = self.test_cases.get(call.machine_name, [])
        if call.test_case and call.test_case not in test_cases:
            raise StateError(
                "States.Runtime",
                f"The mock configuration has no test case '{call.test_case}' for the state machine "
                f"'{call.machine_name}'. Available: {', '.join(test_cases) or 'none'}.",
            )

    def _result(self, call: TaskCall, results: dict[int, Any]) -> TaskResult:
        key = (call.request.execution_arn, call.state_name)
        number = self._deliveries[key]
        self._deliveries[key] += 1
        if number not in results:
            raise StateError(
                "States.Runtime",
                f"The mock of the state '{call.state_name}' has no response for its invocation {number}.",
            )
        result = results[number]
        if "Throw" in result:
            raise StateError(result["Throw"].get("Error"), result["Throw"].get("Cause"))
        return TaskResult(result["Return"])


def mocked(path: str | Path, invoker: Invoker) -> Invoker:
    """Return an invoker that applies a mock configuration file."""
    return Mocks.read(path).wrap(invoker)


def _object(value: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise MockConfigError(f"{place} must be an object; got {json.dumps(value)}")
    return value


def _numbered(name: str, body: Any) -> dict[int, Any]:
    """Return results by the number of the invocation: "0" is one, "1-3" are three."""
    numbered = {}
    for key, result in _object(body, f"MockedResponses/{name}").items():
        place = f"MockedResponses/{name}/{key}"
        first, separator, last = key.partition("-")
        numbers = [first, last] if separator else [first]
        if not all(number.isdecimal() for number in numbers) or int(first) > int(last or first):
            raise MockConfigError(f"{place}: the key must be a number or a range such as 1-3.")
        if ("Return" in _object(result, place)) == ("Throw" in result):
            raise MockConfigError(f"{place}: exactly one of Return and Throw is required.")
        if "Throw" in result:
            _object(result["Throw"], f"{place}/Throw")
        for number in range(int(first), int(last or first) + 1):
            numbered[number] = result
    return numbered
