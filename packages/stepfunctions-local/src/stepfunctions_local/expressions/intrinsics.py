"""Calls of intrinsic functions: `States.Format('{} of {}', $.a, $$.State.Name)`.

This module parses and evaluates calls; `intrinsic_functions` implements the functions.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
"""

import math
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

from ..errors import RuntimeFailure
from .intrinsic_functions import FUNCTIONS, IntrinsicError, Literal
from .json_values import dumps, is_number, loads
from .jsonpath import Path, compile_path
from .jsonpath_nodes import NotAnArray, PathNotFound
from .jsonpath_parser import PathSyntaxError
from .scope import Scope

MAX_NESTING = 10
_ESCAPABLE = frozenset("'{}\\")
_Argument = Callable[[Scope], Any]


class IntrinsicSyntaxError(ValueError):
    """The text is not a valid call of an intrinsic function."""


class Intrinsic:
    """A compiled call; `variables` are the names of the variables that its paths read."""

    __slots__ = ("_call", "text", "variables")

    def __init__(self, text: str):
        self.text = text
        parser = _Parser(text)
        self._call = parser.call(1)
        parser.end()
        self.variables = frozenset(parser.variables)

    def evaluate(self, scope: Scope) -> Any:
        """Return the function's value.

        Raises RuntimeFailure: States.IntrinsicFailure, or States.Runtime for a path without a value. Its cause
        names the whole call, also for a nested one that failed.
        """
        return self._call(scope)


def is_intrinsic(text: str) -> bool:
    """Return whether a template's string is a call rather than a path."""
    return text.startswith("States.")


@lru_cache(maxsize=4096)
def compile_intrinsic(text: str) -> Intrinsic:
    """Return the compiled call (cached).

    Raises IntrinsicSyntaxError.
    """
    return Intrinsic(text)


def is_path_or_call(value: Any) -> bool:
    """Return whether a value is a valid JSONPath or a valid intrinsic function call."""
    if not isinstance(value, str) or not (value.startswith("$") or is_intrinsic(value)):
        return False
    try:
        (compile_path if value.startswith("$") else compile_intrinsic)(value)
    except ValueError:
        return False
    return True


class _Parser:
    def __init__(self, text: str):
        self.text, self.position = text, 0
        self.variables: set[str] = set()

    def error(self, reason: str) -> IntrinsicSyntaxError:
        return IntrinsicSyntaxError(
            f"{reason} at position {self.position} in intrinsic function: {self.text}"
        )

    def skip_whitespace(self) -> None:
        while self.position < len(self.text) and self.text[self.position].isspace():
            self.position += 1

    def peek(self) -> str:
        self.skip_whitespace()
        return self.text[self.position : self.position + 1]

    def end(self) -> None:
        if self.peek():
            raise self.error("Unexpected text")

    def call(self, depth: int) -> _Argument:
        self.skip_whitespace()
        start = self.position
        while self.position < len(self.text) and (
            self.text[self.position].isalnum() or self.text[self.position] in "._"
        ):
            self.position += 1
        name = self.text[start : self.position]
        function = FUNCTIONS.get(name)
        if function is None:
            raise self.error(f"Unknown function {name!r}")
        if depth > MAX_NESTING:
            raise self.error(f"More than {MAX_NESTING} nested functions")
        if self.peek() != "(":
            raise self.error("Expected '('")
        self.position += 1
        arguments: list[_Argument] = []
        if self.peek() == ")":
            self.position += 1
        else:
            while True:
                arguments.append(self.argument(depth))
                separator = self.peek()
                self.position += 1
                if separator == ")":
                    break
                if separator != ",":
                    raise self.error("Expected ',' or ')'")
        if not function.min_arguments <= len(arguments) <= function.max_arguments:
            raise self.error(f"Invalid number of arguments for {name}")

        def evaluate(scope: Scope) -> Any:
            values = [argument(scope) for argument in arguments]
            try:
                return function.apply(*values)
            except IntrinsicError as error:
                raise self.failure(str(error), "States.IntrinsicFailure") from None

        return evaluate

    def failure(self, reason: str, error: str) -> RuntimeFailure:
        return RuntimeFailure(f"The function '{self.text}' had the following error: {reason}", error)

    def argument(self, depth: int) -> _Argument:
        first = self.peek()
        if first == "'":
            text = Literal(self.literal())
            return lambda scope: text
        if first == "$":
            return self.path()
        if self.text.startswith("States.", self.position):
            return self.call(depth + 1)
        return self.constant()

    def literal(self) -> str:
        """Return the text between quotes, including its escapes, which must be of a reserved character."""
        start = self.position = self.position + 1
        while self.position < len(self.text):
            if self.text[self.position] == "\\":
                if self.text[self.position + 1 : self.position + 2] not in _ESCAPABLE:
                    raise self.error("Illegal escape")
                self.position += 2
                continue
            if self.text[self.position] == "'":
                self.position += 1
                return self.text[start : self.position - 1]
            self.position += 1
        raise self.error("Text has no closing quote")

    def path(self) -> _Argument:
        start, depth, quote = self.position, 0, ""
        while self.position < len(self.text):
            char = self.text[self.position]
            if quote:
                quote = "" if char == quote else quote
            elif char in "'\"" and depth:
                quote = char
            elif char in "[(":
                depth += 1
            elif char in "])" and depth:
                depth -= 1
            elif not depth and (char in ",)" or char.isspace()):
                break
            self.position += 1
        try:
            path = compile_path(self.text[start : self.position])
        except PathSyntaxError as error:
            raise IntrinsicSyntaxError(str(error)) from None
        if path.variable:
            self.variables.add(path.variable)
        return partial(self.read, path)

    def read(self, path: Path, scope: Scope) -> Any:
        """Return the value of a path that is an argument."""
        try:
            return path.evaluate(scope)
        except NotAnArray as error:
            raise self.failure(str(error), "States.Runtime") from None
        except PathNotFound:
            shown = path.text[1:] if path.root == "$$" else path.text
            raise self.failure(
                f"The JsonPath argument for the field '{shown}' could not be found in the input "
                f"'{dumps(scope.input)}'",
                "States.Runtime",
            ) from None

    def constant(self) -> _Argument:
        start = self.position
        while self.position < len(self.text) and self.text[self.position] not in ",) \t\r\n":
            self.position += 1
        word = self.text[start : self.position]
        value: Any
        if word in ("true", "false", "null"):
            value = {"true": True, "false": False, "null": None}[word]
        else:
            try:
                value = loads(word)
            except ValueError:
                value = None
            if not is_number(value) or not math.isfinite(value):
                raise self.error(f"Not an argument: {word!r}")
        return lambda scope: value
