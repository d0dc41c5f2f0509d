"""AWS Step Functions Local's mock configuration: answers of service integrations by machine and test case.

An execution of `<state machine ARN>#<TestCase>` gets the test case's answers instead of calling services; states
the test case does not name are called as ever. A test case that nobody wrote down calls nothing.
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
    """A mock configuration that cannot be read; the message names the place and what was expected."""


class Mocks:
    """A mock configuration: which answers each state gets, delivery after delivery."""

    def __init__(self, document: Mapping[str, Any]):
        responses = {
            name: _numbered(name, body) for name, body in document.get("MockedResponses", {}).items()
        }
        self._known: dict[str, list[str]] = {}
        self._cases: dict[tuple[str, str, str], dict[int, Any]] = {}
        for machine, body in document.get("StateMachines", {}).items():
            self._known[machine] = list(body.get("TestCases", {}))
            for case, states in body.get("TestCases", {}).items():
                for state, response in states.items():
                    if response not in responses:
                        raise MockConfigError(
                            f"StateMachines/{machine}/TestCases/{case}/{state} names the response '{response}', "
                            "which MockedResponses does not have."
                        )
                    self._cases[machine, case, state] = responses[response]
        self._deliveries: Counter[tuple[str, str]] = Counter()

    @classmethod
    def read(cls, path: str | Path) -> "Mocks":
        try:
            document = json.loads(Path(path).read_text())
        except ValueError as wrong:
            raise MockConfigError(f"{path} is not JSON: {wrong}") from None
        return cls(document)

    def over(self, invoker: Invoker) -> Invoker:
        """An invoker that answers what is mocked, and leaves the rest to the one given."""

        async def invoke(call: TaskCall) -> Any:
            self._check_case(call)
            answers = self._cases.get((call.machine_name, call.test_case or "", call.state_name))
            return await invoker(call) if answers is None else self._answer(call, answers)

        return invoke

    def _check_case(self, call: TaskCall) -> None:
        known = self._known.get(call.machine_name, [])
        if call.test_case and call.test_case not in known:
            raise StateError(
                "States.Runtime",
                f"The mock configuration has no test case '{call.test_case}' of the state machine "
                f"'{call.machine_name}'. It has: {', '.join(known) or 'none'}.",
            )

    def _answer(self, call: TaskCall, answers: dict[int, Any]) -> TaskResult:
        place = (call.request.execution_arn, call.state_name)
        number = self._deliveries[place]
        self._deliveries[place] += 1
        if number not in answers:
            raise StateError(
                "States.Runtime",
                f"The mock of the state '{call.state_name}' has no response for its invocation {number}.",
            )
        answer = answers[number]
        if "Throw" in answer:
            raise StateError(answer["Throw"].get("Error"), answer["Throw"].get("Cause"))
        return TaskResult(answer["Return"])


def mocked(path: str | Path, invoker: Invoker) -> Invoker:
    """The invoker with a mock configuration file before it."""
    return Mocks.read(path).over(invoker)


def _numbered(name: str, body: Mapping[str, Any]) -> dict[int, Any]:
    """Answers by the number of the invocation: "0" is one, "1-3" are three."""
    numbered = {}
    for key, answer in body.items():
        first, _, last = key.partition("-")
        if not first.isdigit() or (last and not last.isdigit()):
            raise MockConfigError(f"MockedResponses/{name}/{key}: expected a number, or two as in 1-3.")
        if ("Return" in answer) == ("Throw" in answer):
            raise MockConfigError(f"MockedResponses/{name}/{key}: expected either Return or Throw.")
        for number in range(int(first), int(last or first) + 1):
            numbered[number] = answer
    return numbered
