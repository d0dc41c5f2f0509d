"""The model that the rules read: states with a side, the transitions between them, and the template."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from till.saga_metadata import Exemption, Step, parse_exemption, parse_step, prose
from tools.template import document

TERMINAL = ("Succeed", "Fail")


@dataclass(frozen=True, slots=True)
class Finding:
    """A broken rule: where, which, and how to fix it."""

    file: str
    state: str
    rule: str
    message: str
    fix: str

    def __str__(self) -> str:
        return f"{self.file}: {self.state}: {self.rule}: {self.message} {self.fix}"


@dataclass(frozen=True, slots=True)
class Edge:
    """A transition. `errors` is empty unless it is a Catch; `exemption` is the rule it is exempt from."""

    source: str
    target: str
    errors: tuple[str, ...] = ()
    assign: tuple[str, ...] = ()
    exemption: Exemption | None = None


@dataclass(frozen=True)
class State:
    name: str
    body: dict[str, Any]

    @property
    def type(self) -> str:
        return str(self.body["Type"])

    @property
    def prose(self) -> str:
        """The Comment without its metadata."""
        return prose(self.body.get("Comment", ""))

    @cached_property
    def step(self) -> Step | None:
        """The metadata of the state; None for a state that is not a step of the saga."""
        return parse_step(self.body)

    @property
    def side(self) -> str | None:
        return self.step.side if self.step else None

    @property
    def resource(self) -> str:
        return str(self.body.get("Resource", ""))

    @property
    def distributed(self) -> bool:
        """A Map whose iterations are child executions."""
        config = self.body.get("ItemProcessor", {}).get("ProcessorConfig", {})
        return bool(config.get("Mode") == "DISTRIBUTED")

    @property
    def has_effect(self) -> bool:
        return self.step is None or self.step.has_effect

    @property
    def undone_by(self) -> str | None:
        """The compensation that undoes the step."""
        return self.step.undo if self.step else None

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        return tuple(self._edges())

    def _edges(self) -> Iterator[Edge]:
        assign = tuple(self.body.get("Assign", ()))
        for choice in self.body.get("Choices", ()):
            assigned = tuple(choice.get("Assign", ()))
            yield Edge(self.name, choice["Next"], assign=assigned, exemption=parse_exemption(choice))
        for key in ("Next", "Default"):
            if key in self.body:
                yield Edge(self.name, self.body[key], assign=assign)
        for catch in self.body.get("Catch", ()):
            yield Edge(
                self.name,
                catch["Next"],
                tuple(catch["ErrorEquals"]),
                tuple(catch.get("Assign", ())),
                parse_exemption(catch),
            )

    @property
    def ends(self) -> bool:
        return self.type in TERMINAL or bool(self.body.get("End"))


@dataclass
class Workflow:
    """A definition. `logical_id` is the state machine that deploys it, None when the template has none."""

    file: str
    definition: dict[str, Any]
    template: "Template"
    logical_id: str | None = None
    visible: frozenset[str] = frozenset()  # variables of the enclosing flow
    states: dict[str, State] = field(init=False)

    def __post_init__(self) -> None:
        self.states = {name: State(name, body) for name, body in self.definition["States"].items()}

    def inner(self, visible: Mapping[str, set[str]]) -> Iterator["Workflow"]:
        """Yield the flows inside Maps and Parallels, each a workflow under the same rules.

        `visible`: the variables in scope at each state. Child executions of a distributed Map have none of them.
        """
        for state in self.states.values():
            yield from self.within(state, visible.get(state.name, set()))

    def within(self, state: State, visible: Iterable[str] = ()) -> Iterator["Workflow"]:
        """Yield the flows inside one state: the processor of a Map, the branches of a Parallel."""
        processor = state.body.get("ItemProcessor")
        for flow in (*state.body.get("Branches", ()), *([processor] if processor else ())):
            seen = frozenset() if state.distributed else frozenset(visible)
            definition = {"QueryLanguage": self.definition.get("QueryLanguage"), **flow}
            yield Workflow(self.file, definition, self.template, self.logical_id, seen)

    def everywhere(self) -> Iterator[State]:
        """Yield every state, those of inner flows too."""
        yield from self.states.values()
        for flow in self.inner({}):
            yield from flow.everywhere()

    @property
    def start(self) -> str:
        return str(self.definition["StartAt"])

    @property
    def tasks(self) -> list[State]:
        return [s for s in self.states.values() if s.type == "Task"]

    @property
    def is_saga(self) -> bool:
        """True when there is something to undo; other workflows must only follow the rules for single states."""
        return any(s.side in ("pivot", "compensation") for s in self.states.values())

    def on(self, side: str) -> list[State]:
        return [s for s in self.states.values() if s.side == side]

    def success_path(self) -> list[State]:
        """Return the states of the success path: the Next of each, the first rule of a Choice."""
        name: str | None = self.start
        seen: list[State] = []
        while name in self.states and self.states[name] not in seen:
            state = self.states[name]
            seen.append(state)
            name = next((e.target for e in state.edges if not e.errors), None)
        return seen

    def reachable(self, *names: str) -> set[str]:
        """Return every state that is reachable from these, including them."""
        seen: set[str] = set()
        todo = [n for n in names if n in self.states]
        while todo:
            name = todo.pop()
            if name not in seen:
                seen.add(name)
                todo += [e.target for e in self.states[name].edges if e.target in self.states]
        return seen

    def paths(self, name: str, seen: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
        """Yield every path from a state to an end, each state at most once."""
        seen = (*seen, name)
        state = self.states[name]
        if state.ends:
            yield seen
        for edge in dict.fromkeys(e.target for e in state.edges):
            if edge in self.states and edge not in seen:
                yield from self.paths(edge, seen)

    def finding(self, state: str, rule: str, message: str, fix: str) -> Finding:
        return Finding(self.file, state, rule, message, fix)


@dataclass
class Template:
    """The resources of template.yaml. Intrinsics are kept as {"Ref": …} and {"Fn::GetAtt": …}."""

    resources: dict[str, Any]
    globals: dict[str, Any] = field(default_factory=dict)
    folder: Path = Path()

    def execution_timeout(self, logical_id: str) -> int | None:
        """Seconds that an execution of a state machine may run; None without a limit of its own."""
        uri = self.resources[logical_id]["Properties"]["DefinitionUri"]
        seconds: int | None = json.loads((self.folder / uri).read_text()).get("TimeoutSeconds")
        return seconds

    def function_timeout(self, logical_id: str) -> int:
        """Seconds; SAM's default is 3."""
        default = self.globals.get("Function", {}).get("Timeout", 3)
        return int(self.resources[logical_id]["Properties"].get("Timeout", default))

    def handler(self, logical_id: str) -> str:
        return str(self.resources[logical_id]["Properties"]["Handler"])

    def state_machine_of(self, file: str) -> str | None:
        for name, resource in self.resources.items():
            if resource["Type"] == "AWS::Serverless::StateMachine" and resource["Properties"].get(
                "DefinitionUri", ""
            ).endswith(file):
                return name
        return None

    def substitutions(self, logical_id: str) -> dict[str, Any]:
        return dict(self.resources[logical_id]["Properties"].get("DefinitionSubstitutions", {}))


def load(root: Path) -> list[Workflow]:
    """Load every workflow of the project, with its template."""
    template = load_template(root / "template.yaml")
    return [
        Workflow(path.name, json.loads(path.read_text()), template, template.state_machine_of(path.name))
        for path in sorted((root / "statemachines").glob("*.asl.json"))
    ]


def load_template(path: Path) -> Template:
    template = document.read(path.read_text())
    return Template(template["Resources"], template.get("Globals", {}), path.parent)
