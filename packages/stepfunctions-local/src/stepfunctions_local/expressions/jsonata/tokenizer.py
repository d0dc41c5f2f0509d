"""JSONata's tokenizer.

Source: the reference implementation's tokenizer (jsonata-js 2.0.6).
"""

import re
from dataclasses import dataclass
from typing import Any

from .errors import JsonataError
from .regex import translate
from .utf16 import from_units

BINDING = {
    ".": 75, "[": 80, "]": 0, "{": 70, "}": 0, "(": 80, ")": 0, ",": 0, "@": 80, "#": 80, ";": 80, ":": 80,
    "?": 20, "+": 50, "-": 50, "*": 60, "/": 60, "%": 60, "|": 20, "=": 40, "<": 40, ">": 40, "^": 40,
    "**": 60, "..": 20, ":=": 10, "!=": 40, "<=": 40, ">=": 40, "~>": 40, "and": 30, "or": 25, "in": 40,
    "&": 50, "!": 0, "~": 0,
}  # fmt: skip
"""The operators and their left binding power (see `parser`)."""

_LONG = ("..", ":=", "!=", ">=", "<=", "**", "~>")
_BLANK = " \t\n\r\v"
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([Ee][-+]?[0-9]+)?")
_HEX = re.compile(r"[0-9a-fA-F]+")


@dataclass(slots=True)
class Token:
    """`type` is operator, string, number, value, name, variable or regex."""

    type: str
    value: Any
    position: int


class Tokenizer:
    """Reads the tokens of an expression one by one; raises JsonataError S01xx or S03xx."""

    def __init__(self, text: str):
        self.text = text
        self.position = 0

    def next(self, infix: bool = False) -> Token | None:
        """Return the next token, or None at the end; `infix` means that an operator is expected (`/` divides)."""
        self._skip()
        text, start = self.text, self.position
        if start >= len(text):
            return None
        char = text[start]
        if char == "/" and not infix:
            self.position += 1
            return Token("regex", self._regex(), self.position)
        two = text[start : start + 2]
        if two in _LONG:
            self.position += 2
            return Token("operator", two, self.position)
        if char in BINDING:
            self.position += 1
            return Token("operator", char, self.position)
        if char in "\"'":
            return self._string(char)
        if match := _NUMBER.match(text, start):
            return self._number(match.group())
        if char == "`":
            return self._quoted_name()
        return self._word()

    def _skip(self) -> None:
        text = self.text
        while self.position < len(text):
            if text[self.position] in _BLANK:
                self.position += 1
            elif text.startswith("/*", self.position):
                end = text.find("*/", self.position + 2)
                if end < 0:
                    raise JsonataError("S0106", position=self.position)
                self.position = end + 2
            else:
                return

    def _string(self, mark: str) -> Token:
        text, parts = self.text, []
        self.position += 1
        while self.position < len(text):
            char = text[self.position]
            if char == "\\":
                self.position += 1
                escape = text[self.position : self.position + 1]
                if escape in _ESCAPES and escape:
                    parts.append(_ESCAPES[escape])
                elif escape == "u":
                    digits = text[self.position + 1 : self.position + 5]
                    if not _HEX.fullmatch(digits):
                        raise JsonataError("S0104", position=self.position)
                    parts.append(chr(int(digits, 16)))
                    self.position += 4
                else:
                    raise JsonataError("S0103", position=self.position, token=escape)
            elif char == mark:
                self.position += 1
                return Token("string", from_units("".join(parts)), self.position)
            else:
                parts.append(char)
            self.position += 1
        raise JsonataError("S0101", position=self.position)

    def _number(self, digits: str) -> Token:
        if digits.lstrip("-").isdigit():
            value: float = int(digits)
        else:
            value = float(digits)
        if abs(value) > 1.7976931348623157e308:
            raise JsonataError("S0102", position=self.position, token=digits)
        self.position += len(digits)
        return Token("number", value, self.position)

    def _quoted_name(self) -> Token:
        end = self.text.find("`", self.position + 1)
        if end < 0:
            raise JsonataError("S0105", position=len(self.text))
        name = self.text[self.position + 1 : end]
        self.position = end + 1
        return Token("name", name, self.position)

    def _word(self) -> Token | None:
        text, start = self.text, self.position
        end = start
        while end < len(text) and text[end] not in _BLANK and text[end] not in BINDING:
            end += 1
        self.position = end
        word = text[start:end]
        if word.startswith("$"):
            return Token("variable", word[1:], end)
        if word in ("or", "in", "and"):
            return Token("operator", word, end)
        if word in ("true", "false", "null"):
            return Token("value", {"true": True, "false": False, "null": None}[word], end)
        return Token("name", word, end)

    def _regex(self) -> Any:
        text, start, depth = self.text, self.position, 0
        while self.position < len(text):
            char = text[self.position]
            if char == "/" and depth == 0 and not self._escaped():
                pattern = text[start : self.position]
                if not pattern:
                    raise JsonataError("S0301", position=self.position)
                self.position += 1
                flags = self.position
                while self.position < len(text) and text[self.position] in "im":
                    self.position += 1
                return translate(pattern, text[flags : self.position])
            if char in "([{" and text[self.position - 1] != "\\":
                depth += 1
            elif char in ")]}" and text[self.position - 1] != "\\":
                depth -= 1
            self.position += 1
        raise JsonataError("S0302", position=self.position)

    def _escaped(self) -> bool:
        before = self.text[: self.position]
        return (len(before) - len(before.rstrip("\\"))) % 2 == 1
