"""Intrinsic functions as they are written: `States.Format('{} of {}', $.a, $$.State.Name)`.

This module reads and runs the expression; what each function does is in `intrinsic_functions`.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from ..errors import RuntimeFailure
from .intrinsic_functions import FUNCTIONS, IntrinsicError, Literal
from .jsonpath import compile_path
from .jsonpath_parser import PathSyntaxError
from .scope import Scope

DEEPEST_NESTING = 10
_Argument = Callable[[Scope, str], Any]


class IntrinsicSyntaxError(ValueError):
    """The text is no call of an intrinsic function."""


class Intrinsic:
    """A compiled call. `variables` names the variables its paths read."""

    __slots__ = ("_call", "text", "variables")

    def __init__(self, text: str):
        self.text = text
        parser = _Parser(text)
        self._call = parser.call(1)
        parser.end()
        self.variables = frozenset(parser.variables)

    def evaluate(self, scope: Scope, field: str = "") -> Any:
        """The function's value, for the field that holds it.

        Raises RuntimeFailure: States.IntrinsicFailure, or States.Runtime for a path that finds nothing.
        """
        return self._call(scope, field)


def is_intrinsic(text: str) -> bool:
    """Whether a template's string is a call rather than a path."""
    return text.startswith("States.")


@lru_cache(maxsize=4096)
def compile_intrinsic(text: str) -> Intrinsic:
    """The compiled call (cached); IntrinsicSyntaxError when `text` is none."""
    return Intrinsic(text)


class _Parser:
    def __init__(self, text: str):
        self.text, self.at = text, 0
        self.variables: set[str] = set()

    def fail(self, why: str) -> IntrinsicSyntaxError:
        return IntrinsicSyntaxError(f"{why} at position {self.at} in intrinsic function: {self.text}")

    def blank(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def peek(self) -> str:
        self.blank()
        return self.text[self.at : self.at + 1]

    def end(self) -> None:
        if self.peek():
            raise self.fail("Unexpected text")

    def call(self, depth: int) -> _Argument:
        self.blank()
        start = self.at
        while self.at < len(self.text) and (self.text[self.at].isalnum() or self.text[self.at] in "._"):
            self.at += 1
        name = self.text[start : self.at]
        function = FUNCTIONS.get(name)
        if function is None:
            raise self.fail(f"Unknown function {name!r}")
        if depth > DEEPEST_NESTING:
            raise self.fail(f"More than {DEEPEST_NESTING} nested functions")
        if self.peek() != "(":
            raise self.fail("Expected '('")
        self.at += 1
        arguments: list[_Argument] = []
        if self.peek() == ")":
            self.at += 1
        else:
            while True:
                arguments.append(self.argument(depth))
                mark = self.peek()
                self.at += 1
                if mark == ")":
                    break
                if mark != ",":
                    raise self.fail("Expected ',' or ')'")
        if not function.fewest <= len(arguments) <= function.most:
            raise self.fail(f"Invalid number of arguments for {name}")
        source = self.text[start : self.at]

        def evaluate(scope: Scope, field: str) -> Any:
            values = [argument(scope, field) for argument in arguments]
            try:
                return function.apply(*values)
            except IntrinsicError as failed:
                raise RuntimeFailure(
                    f"The function '{source}' had the following error: {failed}", "States.IntrinsicFailure"
                ) from None

        return evaluate

    def argument(self, depth: int) -> _Argument:
        mark = self.peek()
        if mark == "'":
            text = Literal(self.literal())
            return lambda scope, field: text
        if mark == "$":
            return self.path()
        if self.text.startswith("States.", self.at):
            return self.call(depth + 1)
        return self.constant()

    def literal(self) -> str:
        """The text between quotes, its escapes still in it."""
        start = self.at = self.at + 1
        while self.at < len(self.text):
            if self.text[self.at] == "\\":
                self.at += 2
                continue
            if self.text[self.at] == "'":
                self.at += 1
                return self.text[start : self.at - 1]
            self.at += 1
        raise self.fail("Text has no closing quote")

    def path(self) -> _Argument:
        start, depth, quote = self.at, 0, ""
        while self.at < len(self.text):
            char = self.text[self.at]
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
            self.at += 1
        try:
            path = compile_path(self.text[start : self.at])
        except PathSyntaxError as wrong:
            raise IntrinsicSyntaxError(str(wrong)) from None
        if path.variable:
            self.variables.add(path.variable)
        return path.read

    def constant(self) -> _Argument:
        start = self.at
        while self.at < len(self.text) and self.text[self.at] not in ",) \t\r\n":
            self.at += 1
        word = self.text[start : self.at]
        value: Any
        if word in ("true", "false", "null"):
            value = {"true": True, "false": False, "null": None}[word]
        else:
            try:
                value = int(word)
            except ValueError:
                try:
                    value = float(word)
                except ValueError:
                    raise self.fail(f"Not an argument: {word!r}") from None
        return lambda scope, field: value
