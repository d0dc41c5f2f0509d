"""What a compiled expression runs on: frames of variables, functions, calls, and AWS's limits.

AWS bounds an evaluation's depth, time and memory and fails the expression past them. Depth counts nested
nodes of the expression; the compiler knows it within a function's body, frames carry it across calls.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from .errors import STACK_OVERFLOW, TIMEOUT, JsonataError, LimitExceeded
from .signature import Signature
from .values import UNDEFINED, Callee

DEEPEST = 100
"""Nested evaluations AWS allows (its boundary is at about a hundred)."""
LONGEST = 5.0
"""Seconds an evaluation may take."""
LARGEST = 6_990_256
"""Bytes an evaluation may hold: 873,782 numbers are accepted, one more is not."""
_CALLS_BETWEEN_LOOKS = 64


class Run:
    """One evaluation: when it began (for $now) and when it must end."""

    __slots__ = ("_calls", "_deadline", "_millis")

    def __init__(self) -> None:
        self._calls = 0
        self._deadline = 0.0
        self._millis = 0

    def tick(self) -> None:
        """Count a call; LimitExceeded when the evaluation has taken too long."""
        self._calls += 1
        if self._calls % _CALLS_BETWEEN_LOOKS == 0:
            now = time.monotonic()
            if not self._deadline:
                self._deadline = now + LONGEST
            elif now > self._deadline:
                raise LimitExceeded(TIMEOUT)

    @property
    def millis(self) -> int:
        """The moment of the evaluation in milliseconds since 1970, the same each time it is asked for."""
        if not self._millis:
            self._millis = time.time_ns() // 1_000_000
        return self._millis


class Frame:
    """A scope of variables. `depth` is how deeply nested the code is that made it."""

    __slots__ = ("bindings", "depth", "parent", "run")

    def __init__(self, bindings: Mapping[str, Any], parent: "Frame | None", run: Run, depth: int = 0):
        self.bindings = bindings
        self.parent = parent
        self.run = run
        self.depth = depth

    def lookup(self, name: str) -> Any:
        """The variable's value, UNDEFINED when it has none."""
        frame: Frame | None = self
        while frame is not None:
            if name in frame.bindings:
                return frame.bindings[name]
            frame = frame.parent
        return UNDEFINED


Code = Callable[[Any, Frame], Any]
"""A compiled node: takes its input and the frame it runs in."""


class Native(Callee):
    """A function of the library. `arity` is what higher-order functions see; `calls` says it calls functions
    itself: it is then given a `Caller` first."""

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
    """A function written in the expression, with the frame and the input it was written in."""

    __slots__ = ("arity", "body", "frame", "input", "needs", "parameters", "signature")

    def __init__(
        self,
        parameters: list[str],
        signature: Signature | None,
        body: Code,
        needs: int,
        input: Any,
        frame: Frame,
    ):
        self.parameters = parameters
        self.arity = len(parameters)
        self.signature = signature
        self.body = body
        self.needs = needs
        self.input = input
        self.frame = frame


class Partial(Callee):
    """A library function with some of its arguments given: `slots` has UNDEFINED's place for each still open."""

    __slots__ = ("arguments", "arity", "native", "open")

    def __init__(self, native: Callee, arguments: list[Any], open: list[int]):
        self.native = native
        self.arguments = arguments
        self.open = open
        self.arity = len(open)


class TailCall:
    """A call a function's body ends with, made by whoever called the function."""

    __slots__ = ("arguments", "function")

    def __init__(self, function: Any, arguments: list[Any]):
        self.function = function
        self.arguments = arguments


class Caller:
    """What a higher-order function calls its functions with."""

    __slots__ = ("depth", "run")

    def __init__(self, run: Run, depth: int):
        self.run = run
        self.depth = depth

    def __call__(self, function: Any, arguments: list[Any]) -> Any:
        return apply(function, arguments, None, self.depth, self.run)

    def each(self, function: Any, value: Any, key: Any, whole: Any) -> Any:
        """Call with as many of (value, key, whole) as the function takes, at least the value."""
        arity = function.arity
        arguments = [value] if arity < 2 else [value, key] if arity == 2 else [value, key, whole]
        return apply(function, arguments, None, self.depth, self.run)


def apply(function: Any, arguments: list[Any], context: Any, depth: int, run: Run) -> Any:
    """Call a function: `context` stands in for arguments its signature takes from there.

    Raises JsonataError T1006 for what is no function.
    """
    while True:
        if type(function) is Lambda:
            if function.signature is not None:
                arguments = function.signature.validate(arguments, context)
            run.tick()
            if depth + function.needs > DEEPEST:
                raise LimitExceeded(STACK_OVERFLOW)
            bindings = dict.fromkeys(function.parameters, UNDEFINED)
            bindings.update(zip(function.parameters, arguments, strict=False))
            result = function.body(function.input, Frame(bindings, function.frame, run, depth))
        elif isinstance(function, Native):
            if function.signature is not None:
                arguments = function.signature.validate(arguments, context)
            result = invoke(function, arguments, depth, run)
        elif type(function) is Partial:
            given = list(function.arguments)
            for place, argument in zip(function.open, arguments, strict=False):
                given[place] = argument
            result = (
                invoke(function.native, given, depth, run)
                if isinstance(function.native, Native)
                else apply(function.native, given, context, depth, run)
            )
        else:
            raise JsonataError("T1006")
        if type(result) is not TailCall:
            return result
        function, arguments = result.function, result.arguments


def invoke(function: Native, arguments: list[Any], depth: int, run: Run) -> Any:
    """Run a library function on arguments that fit it."""
    if function.calls:
        return function.implementation(Caller(run, depth), *arguments)
    return function.implementation(*arguments)
