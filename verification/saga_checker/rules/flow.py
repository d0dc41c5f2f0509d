"""The shapes of variables, inputs and results in a definition, by a forward data-flow analysis."""

import ast
import builtins
import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from ..inference import Inference, MissingField
from ..model import State, Workflow
from ..shapes import ABSENT, SCALAR, UNKNOWN, Shape, items_of, join, record, shape_of
from .access import function_of

ROOT = Path(__file__).parents[3]
MAX_PASSES = 100
# A timeout has no Cause.
ERROR_OUTPUT = record("the error output", {"Error": SCALAR, "Cause": join((SCALAR, ABSENT))})


@cache
def return_shape(handler: str) -> Shape:
    """Return the shape that `module.function` is annotated to return.

    The module is parsed, not imported: importing a handler opens clients. Only what the annotation names is
    imported.
    """
    module, _, name = handler.rpartition(".")
    tree = ast.parse((ROOT / "functions" / f"{module.replace('.', '/')}.py").read_text())
    function = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)
    if function.returns is None:
        return UNKNOWN
    names = {node.id for node in ast.walk(function.returns) if isinstance(node, ast.Name)}
    namespace = dict(_imported(tree, names))
    return shape_of(eval(ast.unparse(function.returns), vars(builtins) | namespace))


def _imported(tree: ast.Module, names: set[str]) -> Iterator[tuple[str, Any]]:
    for node in tree.body:
        for alias in node.names if isinstance(node, ast.Import | ast.ImportFrom) else ():
            name = alias.asname or alias.name
            if name not in names:
                continue
            if isinstance(node, ast.ImportFrom):
                module = importlib.import_module(str(node.module))
                yield (
                    name,
                    getattr(module, alias.name, None)
                    or importlib.import_module(f"{node.module}.{alias.name}"),
                )
            else:
                yield name, importlib.import_module(alias.name)


@dataclass
class Findings:
    """Reads of missing fields, and expressions that may have no value, with their states."""

    missing: list[tuple[str, MissingField]] = field(default_factory=list)
    absent: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Flow:
    """The shapes of the variables and the input of each state, by a forward data-flow analysis of one flow."""

    workflow: Workflow
    findings: Findings = field(default_factory=Findings)

    def analyse(self, variables: Mapping[str, Shape], data: Shape) -> None:
        """Analyse the flow, entered with these variables and this input, and the flows inside it."""
        start = self.workflow.start
        entering: dict[str, dict[str, Shape]] = {start: {**variables, "states.input": data}}
        todo, passes = [start], 0
        while todo and passes < MAX_PASSES * len(self.workflow.states):
            passes += 1
            state = self.workflow.states[todo.pop()]
            for target, leaving in self._leaving(state, entering[state.name], Inference({})):
                known = entering.get(target)
                joined = _joined(known, leaving)
                if joined != known:
                    entering[target] = joined
                    todo.append(target)
        for name, known in entering.items():
            found = Inference({})
            state = self.workflow.states[name]
            list(self._leaving(state, known, found))
            self._read_arguments(state, known, found)
            self.findings.missing += [(name, missing) for missing in found.missing]
            self.findings.absent += [(name, expression) for expression in found.absent]

    def _leaving(
        self, state: State, entering: Mapping[str, Shape], found: Inference
    ) -> Iterator[tuple[str, dict[str, Shape]]]:
        """Yield each target with the variables and input that it is entered with."""
        body, result = state.body, self._result(state)
        data = entering["states.input"]
        for choice in body.get("Choices", ()):
            inference = self._inference(entering, found)
            inference.infer_value(choice["Condition"])
            inference.assume(choice["Condition"])
            yield choice["Next"], _assigned(entering, inference, choice, data)
        for catch in body.get("Catch", ()):
            inference = self._inference(entering, found, errorOutput=ERROR_OUTPUT)
            yield catch["Next"], _assigned(entering, inference, catch, ERROR_OUTPUT)
        default = data if state.type in ("Choice", "Wait", "Pass", "Succeed") else result
        for key in ("Next", "Default"):
            if key in body:
                yield (
                    body[key],
                    _assigned(entering, self._inference(entering, found, result=result), body, default),
                )
        if not {"Next", "Default"} & body.keys():
            _assigned(entering, self._inference(entering, found, result=result), body, default)

    def _inference(self, entering: Mapping[str, Shape], found: Inference, **states: Shape) -> Inference:
        fields = {
            "input": entering["states.input"],
            "context": UNKNOWN,
            "result": UNKNOWN,
            "errorOutput": UNKNOWN,
        }
        variables = {**entering, "states": record("$states", fields | states)}
        return Inference(variables, found.missing, found.absent)

    def _result(self, state: State) -> Shape:
        function = function_of(self.workflow, state) if state.type == "Task" else None
        if function is None:
            return UNKNOWN
        payload = return_shape(self.workflow.template.handler(function))
        return record("the result of lambda:invoke", {"Payload": payload, "StatusCode": SCALAR})

    def _read_arguments(self, state: State, entering: Mapping[str, Shape], found: Inference) -> None:
        """Infer what is evaluated on entry, and analyse the flows inside a Map or a Parallel."""
        inference = self._inference(entering, found)
        for key in ("Arguments", "Seconds", "Timestamp", "TimeoutSeconds", "Error", "Cause"):
            inference.infer_value(state.body.get(key, ""))
        items = items_of(inference.infer_value(state.body["Items"])) if "Items" in state.body else UNKNOWN
        if "ItemSelector" in state.body:
            items = inference.infer_value(state.body["ItemSelector"])
        for inner in self.workflow.within(state):
            flow = Flow(inner, self.findings)
            visible = {} if state.distributed else {k: v for k, v in entering.items() if "." not in k}
            flow.analyse(visible, UNKNOWN if state.type == "Parallel" or state.distributed else items)


def _assigned(
    entering: Mapping[str, Shape], inference: Inference, body: Mapping[str, Any], data: Shape
) -> dict[str, Shape]:
    """Return the variables and input after a transition's Assign and Output."""
    assigned = {name: inference.infer_value(value) for name, value in body.get("Assign", {}).items()}
    output = inference.infer_value(body["Output"]) if "Output" in body else data
    return {**entering, **assigned, "states.input": output}


def _joined(known: Mapping[str, Shape] | None, leaving: Mapping[str, Shape]) -> dict[str, Shape]:
    if known is None:
        return dict(leaving)
    return {
        name: join((known.get(name, leaving[name]), leaving[name]))
        for name in {*known, *leaving} & leaving.keys()
    }
