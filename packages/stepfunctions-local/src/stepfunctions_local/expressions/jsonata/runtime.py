"""The runtime of compiled expressions: frames of variables, functions, calls, and AWS's limits.

AWS limits the depth, time and memory of an evaluation. Depth counts nested nodes of the expression: the
compiler computes it within a function's body, frames carry it across calls.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from .errors import MEMORY, STACK_OVERFLOW, TIMEOUT, JsonataError, LimitExceeded
from .signature import Signature
from .values import UNDEFINED, Callee

MAX_DEPTH = 100
"""The limit on nested evaluations (AWS's is about a hundred)."""
MAX_SECONDS = 5.0
"""The time limit of an evaluation."""
MAX_BYTES = 6_990_256
"""The memory limit of an evaluation: 873,782 numbers are accepted, one more is not."""
BYTES_PER_NUMBER = 8
_CALLS_PER_TIME_CHECK = 64


class Run:
    """One evaluation: its start time (for $now) and its deadline."""

    __slots__ = ("_calls", "_deadline", "_millis")

    def __init__(self) -> None:
        self._calls = 0
        self._deadline = 0.0
        self._millis = 0

    def tick(self) -> None:
        """Count a call.

        Raises LimitExceeded when the evaluation has taken too long.
        """
        self._calls += 1
        if self._calls % _CALLS_PER_TIME_CHECK == 0:
            now = time.monotonic()
            if not self._deadline:
                self._deadline = now + MAX_SECONDS
            elif now > self._deadline:
                raise LimitExceeded(TIMEOUT)

    @property
    def has_calls(self) -> bool:
        """Whether functions of the expression were called: its value may be larger than its text and input."""
        return self._calls > 0

    @property
    def millis(self) -> int:
        """The time of the evaluation in milliseconds since 1970, constant during the evaluation."""
        if not self._millis:
            self._millis = time.time_ns() // 1_000_000
        return self._millis


class Frame:
    """A scope of variables; `depth` is the nesting depth of the code that created it."""

    __slots__ = ("bindings", "depth", "parent", "run")

    def __init__(self, bindings: Mapping[str, Any], parent: "Frame | None", run: Run, depth: int = 0):
        self.bindings = bindings
        self.parent = parent
        self.run = run
        self.depth = depth

    def lookup(self, name: str) -> Any:
        """Return the variable's value, or UNDEFINED."""
        frame: Frame | None = self
        while frame is not None:
            if name in frame.bindings:
                return frame.bindings[name]
            frame = frame.parent
        return UNDEFINED


Code = Callable[[Any, Frame], Any]
"""A compiled node: a function of its input and its frame."""


class Native(Callee):
    """A function of the library.

    `arity` is the number of arguments that higher-order functions pass. `calls` means that the function calls
    other functions: its implementation then takes a `Caller` as first argument.
    """

    __slots__ = ("arity", "calls", "implementation", "name", "signature")

    def __init__(
        self,
        name: str,
        implementation: Callable[..., Any],
        signature: str | None = None,
        arity: int = 1,
        calls: bool = False,
    ):
        self.name = name
        self.implementation = implementation
        self.signature = Signature(signature) if signature else None
        self.arity = arity
        self.calls = calls


class Lambda(Callee):
    """A function defined in the expression, with its frame and its input."""

    __slots__ = ("arity", "body", "body_depth", "frame", "input", "parameters", "signature")

    def __init__(
        self,
        parameters: list[str],
        signature: Signature | None,
        body: Code,
        body_depth: int,
        input: Any,
        frame: Frame,
    ):
        self.parameters = parameters
        self.arity = len(parameters)
        self.signature = signature
        self.body = body
        self.body_depth = body_depth
        self.input = input
        self.frame = frame


class Partial(Callee):
    """A partially applied library function; `open` are the indexes of the missing arguments."""

    __slots__ = ("arguments", "arity", "native", "open")

    def __init__(self, native: Callee, arguments: list[Any], open: list[int]):
        self.native = native
        self.arguments = arguments
        self.open = open
        self.arity = len(open)


class TailCall:
    """A call in tail position, which the caller of the function makes."""

    __slots__ = ("arguments", "function")

    def __init__(self, function: Any, arguments: list[Any]):
        self.function = function
        self.arguments = arguments


class Caller:
    """Calls functions on behalf of a higher-order function."""

    __slots__ = ("depth", "run")

    def __init__(self, run: Run, depth: int):
        self.run = run
        self.depth = depth

    def __call__(self, function: Any, arguments: list[Any]) -> Any:
        return apply(function, arguments, None, self.depth, self.run)

    def each(self, function: Any, value: Any, key: Any, container: Any) -> Any:
        """Call with as many of (value, key, container) as the function takes, at least the value."""
        arity = function.arity
        arguments = [value] if arity < 2 else [value, key] if arity == 2 else [value, key, container]
        return apply(function, arguments, None, self.depth, self.run)


def apply(function: Any, arguments: list[Any], context: Any, depth: int, run: Run) -> Any:
    """Call a function; its signature may take missing arguments from `context`.

    Raises JsonataError T1006 when `function` is not a function.
    """
    while True:
        if type(function) is Lambda:
            if function.signature is not None:
                arguments = function.signature.validate(arguments, context)
            run.tick()
            if depth + function.body_depth > MAX_DEPTH:
                raise LimitExceeded(STACK_OVERFLOW)
            bindings = dict.fromkeys(function.parameters, UNDEFINED)
            bindings.update(zip(function.parameters, arguments, strict=False))
            result = function.body(function.input, Frame(bindings, function.frame, run, depth))
        elif isinstance(function, Native):
            if function.signature is not None:
                arguments = function.signature.validate(arguments, context)
            result = invoke(function, arguments, depth, run)
        elif type(function) is Partial:
            values = list(function.arguments)
            for index, argument in zip(function.open, arguments, strict=False):
                values[index] = argument
            result = (
                invoke(function.native, values, depth, run)
                if isinstance(function.native, Native)
                else apply(function.native, values, context, depth, run)
            )
        else:
            raise JsonataError("T1006")
        if type(result) is not TailCall:
            return result
        function, arguments = result.function, result.arguments


def invoke(function: Native, arguments: list[Any], depth: int, run: Run) -> Any:
    """Run a library function on validated arguments.

    Raises LimitExceeded when its result is too large.
    """
    if function.calls:
        result = function.implementation(Caller(run, depth), *arguments)
    else:
        result = function.implementation(*arguments)
    if type(result) is str:
        check_length(len(result))
    elif isinstance(result, list):
        check_items(result)
    return result


def check_length(size: int) -> None:
    """Raise LimitExceeded when a value of `size` bytes is too large."""
    if size > MAX_BYTES:
        raise LimitExceeded(MEMORY)


def check_items(items: list[Any]) -> None:
    """Raise LimitExceeded when an array has too many items."""
    check_length(len(items) * BYTES_PER_NUMBER)


def check_nodes(value: Any) -> None:
    """Raise LimitExceeded when a value has more items and members than bytes are allowed.

    Values share their parts: `[$a, $a]`, repeated, has few arrays in memory and very many items.
    """
    count, containers = 0, [value]
    while containers:
        container = containers.pop()
        children = container.values() if isinstance(container, dict) else container
        count += len(children)
        check_length(count)
        containers += [child for child in children if isinstance(child, (dict, list))]
