"""JSONata's tokens.

Source: the reference implementation's tokenizer (jsonata-js 2.0.6).
"""

import re
from dataclasses import dataclass
from typing import Any

from .errors import JsonataError
from .regex import translate

BINDING = {
    ".": 75, "[": 80, "]": 0, "{": 70, "}": 0, "(": 80, ")": 0, ",": 0, "@": 80, "#": 80, ";": 80, ":": 80,
    "?": 20, "+": 50, "-": 50, "*": 60, "/": 60, "%": 60, "|": 20, "=": 40, "<": 40, ">": 40, "^": 40,
    "**": 60, "..": 20, ":=": 10, "!=": 40, "<=": 40, ">=": 40, "~>": 40, "and": 30, "or": 25, "in": 40,
    "&": 50, "!": 0, "~": 0,
}  # fmt: skip
"""The operators and how strongly each binds to what stands left of it when it can (see `parser`)."""

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
    """Hands out the tokens of an expression one by one; JsonataError (S01xx, S03xx) for what is none."""

    def __init__(self, text: str):
        self.text = text
        self.at = 0

    def next(self, infix: bool = False) -> Token | None:
        """The next token, None at the end. `infix`: an operator is expected, so `/` divides."""
        self._skip()
        text, start = self.text, self.at
        if start >= len(text):
            return None
        char = text[start]
        if char == "/" and not infix:
            self.at += 1
            return Token("regex", self._regex(), self.at)
        two = text[start : start + 2]
        if two in _LONG:
            self.at += 2
            return Token("operator", two, self.at)
        if char in BINDING:
            self.at += 1
            return Token("operator", char, self.at)
        if char in "\"'":
            return self._string(char)
        if found := _NUMBER.match(text, start):
            return self._number(found.group())
        if char == "`":
            return self._quoted_name()
        return self._word()

    def _skip(self) -> None:
        text = self.text
        while self.at < len(text):
            if text[self.at] in _BLANK:
                self.at += 1
            elif text.startswith("/*", self.at):
                end = text.find("*/", self.at + 2)
                if end < 0:
                    raise JsonataError("S0106", position=self.at)
                self.at = end + 2
            else:
                return

    def _string(self, mark: str) -> Token:
        text, parts = self.text, []
        self.at += 1
        while self.at < len(text):
            char = text[self.at]
            if char == "\\":
                self.at += 1
                escape = text[self.at : self.at + 1]
                if escape in _ESCAPES and escape:
                    parts.append(_ESCAPES[escape])
                elif escape == "u":
                    digits = text[self.at + 1 : self.at + 5]
                    if not _HEX.fullmatch(digits):
                        raise JsonataError("S0104", position=self.at)
                    parts.append(chr(int(digits, 16)))
                    self.at += 4
                else:
                    raise JsonataError("S0103", position=self.at, token=escape)
            elif char == mark:
                self.at += 1
                return Token("string", _paired("".join(parts)), self.at)
            else:
                parts.append(char)
            self.at += 1
        raise JsonataError("S0101", position=self.at)

    def _number(self, digits: str) -> Token:
        if digits.lstrip("-").isdigit():
            value: float = int(digits)
        else:
            value = float(digits)
        if abs(value) > 1.7976931348623157e308:
            raise JsonataError("S0102", position=self.at, token=digits)
        self.at += len(digits)
        return Token("number", value, self.at)

    def _quoted_name(self) -> Token:
        end = self.text.find("`", self.at + 1)
        if end < 0:
            raise JsonataError("S0105", position=len(self.text))
        name = self.text[self.at + 1 : end]
        self.at = end + 1
        return Token("name", name, self.at)

    def _word(self) -> Token | None:
        text, start = self.text, self.at
        end = start
        while end < len(text) and text[end] not in _BLANK and text[end] not in BINDING:
            end += 1
        self.at = end
        word = text[start:end]
        if word.startswith("$"):
            return Token("variable", word[1:], end)
        if word in ("or", "in", "and"):
            return Token("operator", word, end)
        if word in ("true", "false", "null"):
            return Token("value", {"true": True, "false": False, "null": None}[word], end)
        return Token("name", word, end)

    def _regex(self) -> Any:
        text, start, depth = self.text, self.at, 0
        while self.at < len(text):
            char = text[self.at]
            if char == "/" and depth == 0 and not self._escaped():
                pattern = text[start : self.at]
                if not pattern:
                    raise JsonataError("S0301", position=self.at)
                self.at += 1
                flags = self.at
                while self.at < len(text) and text[self.at] in "im":
                    self.at += 1
                return translate(pattern, text[flags : self.at])
            if char in "([{" and text[self.at - 1] != "\\":
                depth += 1
            elif char in ")]}" and text[self.at - 1] != "\\":
                depth -= 1
            self.at += 1
        raise JsonataError("S0302", position=self.at)

    def _escaped(self) -> bool:
        before = self.text[: self.at]
        return (len(before) - len(before.rstrip("\\"))) % 2 == 1


def _paired(text: str) -> str:
    """Surrogates written as two escapes become the character they make."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
