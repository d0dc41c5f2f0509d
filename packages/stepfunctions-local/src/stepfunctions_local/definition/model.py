"""The compiled states of a definition: nothing left to parse, every expression compiled.

Source: https://states-language.net/ and the AWS Step Functions developer guide's page of each state.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from ..expressions.jsonpath import ReferencePath
from ..expressions.scope import Scope
from ..expressions.template import Template
from ..integrations import Integration

Language = Literal["JSONata", "JSONPath"]
Read = Callable[[Scope], Any]


@dataclass(frozen=True, slots=True)
class Field:
    """A field's value: a literal, a JSONata expression or (`is_path`) a path in the corresponding …Path field.

    `name` is AWS's name of the field ("TimeoutSeconds", "TimeoutSecondsPath"), `text` its path or expression.
    """

    name: str
    text: str
    read: Read
    is_path: bool = False
    constant: Any = None


@dataclass(frozen=True, slots=True)
class Retrier:
    """An item of Retry; times are in seconds, `jitter` is JitterStrategy FULL."""

    errors: tuple[str, ...]
    interval: float = 1
    max_attempts: int = 3
    backoff: float = 2.0
    max_delay: float | None = None
    jitter: bool = False


@dataclass(frozen=True, slots=True)
class Catcher:
    """An item of Catch; `discard` is ResultPath null, `result_path` None means "$"."""

    errors: tuple[str, ...]
    next: str
    result_path: ReferencePath | None = None
    discard: bool = False
    output: Template | None = None
    assign: Template | None = None


@dataclass(slots=True, kw_only=True)
class State:
    """The fields common to all states.

    `next` is None for an end state, `input_path` and `output_path` None mean "$". `arguments` is Arguments or
    Parameters; `discard_result` is ResultPath null; `result_path` None means "$".
    """

    name: str
    language: Language
    next: str | None = None
    input_path: Read | None = None
    output_path: Read | None = None
    arguments: Template | None = None
    result_selector: Template | None = None
    result_path: ReferencePath | None = None
    discard_result: bool = False
    output: Template | None = None
    assign: Template | None = None
    retry: tuple[Retrier, ...] = ()
    catch: tuple[Catcher, ...] = ()

    kind = "State"

    @property
    def is_jsonata(self) -> bool:
        """Whether the state's query language is JSONata."""
        return self.language == "JSONata"


@dataclass(slots=True, kw_only=True)
class Pass(State):
    """A Pass state; `has_result` distinguishes Result null from no Result."""

    result: Any = None
    has_result: bool = False
    kind = "Pass"


@dataclass(slots=True, kw_only=True)
class Succeed(State):
    """A Succeed state."""

    kind = "Succeed"


@dataclass(slots=True, kw_only=True)
class Fail(State):
    """A Fail state."""

    error: Field | None = None
    cause: Field | None = None
    kind = "Fail"


@dataclass(slots=True, kw_only=True)
class Wait(State):
    """A Wait state: either `seconds` or `timestamp` is set."""

    seconds: Field | None = None
    timestamp: Field | None = None
    kind = "Wait"


@dataclass(frozen=True, slots=True)
class ChoiceRule:
    """A rule of a Choice state."""

    matches: Callable[[Scope], bool]
    next: str
    assign: Template | None = None
    output: Template | None = None


@dataclass(slots=True, kw_only=True)
class Choice(State):
    """A Choice state."""

    rules: tuple[ChoiceRule, ...] = ()
    default: str | None = None
    kind = "Choice"


@dataclass(slots=True, kw_only=True)
class Task(State):
    """A Task state."""

    resource: str
    integration: Integration
    timeout: Field | None = None
    heartbeat: Field | None = None
    credentials: Template | None = None
    kind = "Task"


@dataclass(slots=True)
class Flow:
    """States with a start: a state machine, a branch or an item processor."""

    start_at: str
    states: dict[str, State]
    pointer: str = ""


@dataclass(slots=True)
class Branch(Flow):
    """A branch of a Parallel state."""


@dataclass(slots=True, kw_only=True)
class Parallel(State):
    """A Parallel state."""

    branches: tuple[Branch, ...] = ()
    kind = "Parallel"


@dataclass(frozen=True, slots=True)
class Reader:
    """ItemReader, the source of a distributed map's items; `config` is ReaderConfig."""

    resource: str
    arguments: Template | None
    config: dict[str, Any] = field(default_factory=dict)
    max_items: Field | None = None


@dataclass(frozen=True, slots=True)
class Batcher:
    """ItemBatcher."""

    max_items: Field | None = None
    max_bytes: Field | None = None
    batch_input: Template | None = None


@dataclass(frozen=True, slots=True)
class Writer:
    """ResultWriter; without a resource, `config` only formats the state's result."""

    resource: str | None
    arguments: Template | None
    config: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Map(State):
    """A Map state, inline or distributed."""

    processor: Flow
    distributed: bool = False
    express: bool = False
    items: Template | None = None
    items_expression: str | None = None
    items_path: Field | None = None
    selector: Template | None = None
    max_concurrency: Field | None = None
    tolerated_count: Field | None = None
    tolerated_percentage: Field | None = None
    reader: Reader | None = None
    batcher: Batcher | None = None
    writer: Writer | None = None
    label: str | None = None
    kind = "Map"


@dataclass(slots=True)
class StateMachine(Flow):
    """A whole definition."""

    timeout_seconds: int | None = None
