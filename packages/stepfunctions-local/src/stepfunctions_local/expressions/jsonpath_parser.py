"""The parser of JSONPath as Step Functions accepts it, which uses the Jayway library.

A path is a root (`$` the input, `$$` the context, `$name` a variable) and steps.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html
https://github.com/json-path/JsonPath
"""

import json
import re
from typing import Any

import regex

from .jsonpath_steps import (
    All,
    AnyOf,
    Comparison,
    Condition,
    Constant,
    Descend,
    Exists,
    Filter,
    Function,
    Index,
    Not,
    Operand,
    PathOperand,
    Property,
    Slice,
    Step,
    Wildcard,
    is_definite,
)


class PathSyntaxError(ValueError):
    """The text is not a valid path."""


_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NAME = re.compile(r"[^.\[\]()\s'\"]+")
_INDEXES = re.compile(r"\s*-?\d+(\s*,\s*-?\d+)*\s*$")
_SLICE = re.compile(r"\s*(-?\d+)?\s*:\s*(-?\d+)?\s*$")
_FUNCTIONS = frozenset({"length", "size", "min", "max", "avg", "sum", "stddev", "first", "last", "keys"})


def parse_path(text: str) -> tuple[str, tuple[Step, ...]]:
    """Return the root ("$", "$$" or a variable's name) and the steps of `text`.

    Raises PathSyntaxError.
    """
    if not text.startswith("$"):
        raise PathSyntaxError(f"A path must begin with '$': {text}")
    if text.startswith("$$"):
        root, at = "$$", 2
    elif variable := _VARIABLE.match(text, 1):
        root, at = variable.group(), variable.end()
    else:
        root, at = "$", 1
    return root, parse_steps(text, at)


def parse_steps(text: str, at: int) -> tuple[Step, ...]:
    """Return the steps of `text` from position `at` to its end.

    Raises PathSyntaxError.
    """
    steps: list[Step] = []
    while at < len(text):
        if text[at] == ".":
            if text.startswith("..", at):
                steps.append(Descend())
                at += 1
            at = _dot_step(text, at + 1, steps)
        elif text[at] == "[":
            at = _bracket_step(text, at, steps)
        else:
            raise PathSyntaxError(f"Unexpected character {text[at]!r} at position {at} in path: {text}")
    return tuple(steps)


def _dot_step(text: str, at: int, steps: list[Step]) -> int:
    """Parse the step after a dot, which may be in brackets: `.['name']`."""
    if text.startswith("[", at):
        return _bracket_step(text, at, steps)
    if text.startswith("*", at):
        steps.append(Wildcard())
        return at + 1
    match = _NAME.match(text, at)
    if not match:
        raise PathSyntaxError(f"Path must not end with a '.' or have an empty property: {text}")
    name, end = match.group(), match.end()
    if text.startswith("()", end):
        if name not in _FUNCTIONS or end + 2 != len(text):
            raise PathSyntaxError(f"Function {name}() cannot be used here: {text}")
        steps.append(Function(name))
        return end + 2
    steps.append(Property((name,)))
    return end


def _bracket_step(text: str, at: int, steps: list[Step]) -> int:
    end = _closing(text, at)
    body = text[at + 1 : end].strip()
    if body == "*":
        steps.append(Wildcard())
    elif body.startswith("?"):
        criteria = body[1:].strip()
        if not (criteria.startswith("(") and criteria.endswith(")")):
            raise PathSyntaxError(f"A filter must have the form [?(…)]: {text}")
        steps.append(Filter(_parse_filter(criteria[1:-1])))
    elif body[:1] in ("'", '"'):
        steps.append(Property(_quoted_names(body, text)))
    elif _INDEXES.match(body):
        steps.append(Index(tuple(int(part) for part in body.split(","))))
    elif match := _SLICE.match(body):
        start, stop = match.groups()
        if not start and not stop:
            raise PathSyntaxError(f"A slice must have a start or an end: {text}")
        steps.append(Slice(int(start) if start else None, int(stop) if stop else None))
    else:
        raise PathSyntaxError(f"Could not parse token starting at position {at}: {text}")
    return end + 1


def _closing(text: str, at: int) -> int:
    """Return the position of the bracket that closes the one at `at`, ignoring quotes and regular expressions."""
    depth, quote, i = 0, "", at
    while i < len(text):
        char = text[i]
        if quote:
            if char == "\\":
                i += 1
            elif char == quote:
                quote = ""
        elif char in "'\"" or (char == "/" and depth):
            quote = char
        elif char in "[(":
            depth += 1
        elif char in "])":
            depth -= 1
            if not depth:
                return i
        i += 1
    raise PathSyntaxError(f"Bracket at position {at} is not closed: {text}")


_QUOTED = re.compile(r"\s*(?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\")\s*(,|$)", re.S)


def _quoted_names(body: str, text: str) -> tuple[str, ...]:
    names: list[str] = []
    at = 0
    separator = ","
    while separator:
        match = _QUOTED.match(body, at)
        if not match:
            raise PathSyntaxError(f"Property in brackets is not quoted: {text}")
        # As on AWS, only the closing quote can be escaped; other backslashes are literal.
        single, double, separator = match.groups()
        names.append(single.replace("\\'", "'") if single is not None else double.replace('\\"', '"'))
        at = match.end()
    return tuple(names)


_TOKEN = re.compile(
    r"\s*(?:(?P<operator>&&|\|\||===|!==|==|!=|<=|>=|=~|<|>|!|\(|\))"
    r"|(?P<word>(?i:in|nin|subsetof|anyof|noneof|size|sizeof|empty|contains)\b)"
    r"|(?P<literal>(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"
    r"|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|/(?:[^/\\]|\\.)+/[a-zA-Z]*)"
    r"|(?P<path>[@$](?:\.\.?[^\s.\[\]()=!<>&|,~]+(?:\(\))?"
    r"|\.?\.?\[(?:[^\]\['\"]|'[^']*'|\"[^\"]*\"|\[[^\]]*\])*\])*)"
    r"|(?P<json>\[[^\]]*\]|\{[^}]*\}))",
    re.S,
)
_OPERATORS = frozenset({"==", "!=", "===", "!==", "<", "<=", ">", ">=", "=~"})


def _parse_filter(text: str) -> Condition:
    """Return the condition written in `text`, the part between `[?(` and `)]`."""
    parser = _FilterParser(text)
    condition = parser.disjunction()
    if parser.kind:
        raise PathSyntaxError(f"Unexpected {parser.value!r} in filter: {text}")
    return condition


class _FilterParser:
    def __init__(self, text: str):
        self.text, self.position = text, 0
        self.kind: str | None = None
        self.value = ""
        self.advance()

    def advance(self) -> None:
        match = _TOKEN.match(self.text, self.position)
        if match and match.lastgroup:
            self.kind, self.value, self.position = match.lastgroup, match.group(match.lastgroup), match.end()
        elif self.text[self.position :].strip():
            raise PathSyntaxError(f"Unexpected token at position {self.position} in filter: {self.text}")
        else:
            self.kind, self.value = None, ""

    def accept(self, value: str) -> bool:
        if self.kind == "operator" and self.value == value:
            self.advance()
            return True
        return False

    def disjunction(self) -> Condition:
        conditions = [self.conjunction()]
        while self.accept("||"):
            conditions.append(self.conjunction())
        return AnyOf(tuple(conditions)) if len(conditions) > 1 else conditions[0]

    def conjunction(self) -> Condition:
        conditions = [self.negation()]
        while self.accept("&&"):
            conditions.append(self.negation())
        return All(tuple(conditions)) if len(conditions) > 1 else conditions[0]

    def negation(self) -> Condition:
        if self.accept("!"):
            return Not(self.negation())
        if self.accept("("):
            group = self.disjunction()
            if not self.accept(")"):
                raise PathSyntaxError(f"Missing ')' in filter: {self.text}")
            return group
        return self.comparison()

    def comparison(self) -> Condition:
        left = self.operand()
        operator = self.value.lower() if self.kind == "word" else self.value
        if self.kind == "word" or (self.kind == "operator" and operator in _OPERATORS):
            self.advance()
            return Comparison(left, operator, self.operand())
        if not isinstance(left, PathOperand):
            raise PathSyntaxError(f"A comparison is missing in filter: {self.text}")
        return Exists(left)

    def operand(self) -> Operand:
        kind, value = self.kind, self.value
        if kind not in ("path", "literal", "json"):
            raise PathSyntaxError(f"A value is missing in filter: {self.text}")
        self.advance()
        if kind == "path":
            steps = parse_steps(value, 1)
            return PathOperand(value[0] == "@", steps, is_definite(steps))
        return Constant(_json_literal(value) if kind == "json" else _literal(value))


_FLAGS = {"i": regex.IGNORECASE, "m": regex.MULTILINE, "s": regex.DOTALL, "x": regex.VERBOSE}


def _regex_flags(letters: str) -> int:
    r"""Return the flags of a regular expression; as in Java, `\d`, `\w` and `i` are of ASCII without `u` or `U`.

    Source: https://docs.oracle.com/javase/8/docs/api/java/util/regex/Pattern.html
    """
    flags: int = regex.V0 | (0 if "u" in letters.lower() else regex.ASCII)
    for letter in letters:
        flags |= _FLAGS.get(letter, 0)
    return flags


def _literal(text: str) -> Any:
    if text[0] in "'\"":
        return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.S)
    if text[0] == "/":
        body, _, flags = text[1:].rpartition("/")
        try:
            return regex.compile(body, _regex_flags(flags))
        except regex.error as error:
            raise PathSyntaxError(f"Invalid regular expression {text}: {error}") from None
    return json.loads(text)


_JSON_STRING = re.compile(r"'((?:[^'\\]|\\.)*)'", re.S)


def _json_literal(text: str) -> Any:
    """Return the value of a JSON array or object, whose strings may have single quotes."""
    try:
        return json.loads(_JSON_STRING.sub(lambda match: json.dumps(match.group(1)), text))
    except ValueError:
        raise PathSyntaxError(f"Not a JSON value in filter: {text}") from None
