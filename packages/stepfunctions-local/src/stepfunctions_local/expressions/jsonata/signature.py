"""Function signatures: `<s-nn?:s>` defines the types of a function's arguments.

Source: https://docs.jsonata.org/programming#function-signatures
"""

import re
from dataclasses import dataclass
from typing import Any

from .errors import JsonataError
from .values import UNDEFINED, Callee, is_list

_PLURAL = {"a": "arrays", "b": "booleans", "f": "functions", "n": "numbers", "o": "objects", "s": "strings"}
_SYMBOLS: dict[type, str] = {
    str: "s",
    int: "n",
    float: "n",
    bool: "b",
    type(None): "l",
    dict: "o",
    list: "a",
    type(UNDEFINED): "m",
}


def symbol(value: Any) -> str:
    """Return the letter of a value's type; m for undefined."""
    plain = _SYMBOLS.get(type(value))
    if plain:
        return plain
    return "a" if is_list(value) else "f" if isinstance(value, Callee) else "o"


@dataclass(slots=True)
class _Parameter:
    pattern: str
    type: str
    subtype: str | None = None
    context: re.Pattern[str] | None = None


class Signature:
    """A parsed signature; raises JsonataError S0401 or S0402 when it is malformed."""

    def __init__(self, text: str):
        self.text = text
        self.parameters: list[_Parameter] = []
        self._read(text)
        self._pattern = re.compile("".join(f"({parameter.pattern})" for parameter in self.parameters))
        self._matches: dict[str, re.Match[str] | None] = {}

    def _read(self, text: str) -> None:
        parameters, at = self.parameters, 1
        while at < len(text) and text[at] != ":":
            char = text[at]
            if char in "snblo":
                parameters.append(_Parameter(f"[{char}m]", char))
            elif char in "ax":
                parameters.append(_Parameter("[asnblfom]", char))
            elif char == "f":
                parameters.append(_Parameter("f", char))
            elif char == "j":
                parameters.append(_Parameter("[asnblom]", char))
            elif char == "-":
                parameters[-1].context = re.compile(parameters[-1].pattern)
                parameters[-1].pattern += "?"
            elif char in "?+":
                parameters[-1].pattern += char
            elif char == "(":
                end = _closing(text, at, "(", ")")
                choice = text[at + 1 : end]
                if "<" in choice:
                    raise JsonataError("S0402", value=choice, position=at)
                parameters.append(_Parameter(f"[{choice}m]", f"({choice})"))
                at = end
            elif char == "<":
                if not parameters or parameters[-1].type not in "af":
                    raise JsonataError("S0401", position=at)
                end = _closing(text, at, "<", ">")
                parameters[-1].subtype = text[at + 1 : end]
                at = end
            at += 1

    def validate(self, arguments: list[Any], context: Any) -> list[Any]:
        """Return the arguments with the context for a missing one, and single values as arrays where required.

        Raises JsonataError T0410, T0411 or T0412.
        """
        types = "".join([symbol(argument) for argument in arguments])
        try:
            match = self._matches[types]
        except KeyError:
            match = self._pattern.fullmatch(types)
            if len(self._matches) < 256:
                self._matches[types] = match
        if match is None:
            raise self._mismatch(arguments, types)
        valid: list[Any] = []
        at = 0
        for index, parameter in enumerate(self.parameters):
            letters = match.group(index + 1)
            if not letters:
                if parameter.context:
                    if not parameter.context.match(symbol(context)):
                        raise JsonataError("T0411", value=context, index=at + 1)
                    valid.append(context)
                else:
                    valid.append(arguments[at] if at < len(arguments) else UNDEFINED)
                    at += 1
                continue
            if parameter.type != "a":
                # The reference gives a repeated parameter its first argument each time.
                valid += [arguments[at]] * len(letters)
                at += len(letters)
                continue
            for letter in letters:
                argument = arguments[at]
                if letter != "m":
                    _check_items(parameter, letter, letters, argument, at)
                    argument = argument if letter == "a" else [argument]
                valid.append(argument)
                at += 1
        return valid

    def _mismatch(self, arguments: list[Any], types: str) -> JsonataError:
        pattern, valid = "", 0
        for parameter in self.parameters:
            pattern += parameter.pattern
            match = re.match(pattern, types)
            if match is None:
                break
            valid = match.end()
        value = arguments[valid] if valid < len(arguments) else UNDEFINED
        return JsonataError("T0410", value=value, index=valid + 1)


def _check_items(parameter: _Parameter, letter: str, letters: str, argument: Any, at: int) -> None:
    if parameter.subtype is None:
        return
    if letter != "a":
        valid = letters == parameter.subtype
    else:
        valid = not argument or all(symbol(item) == parameter.subtype[0] for item in argument)
    if not valid:
        raise JsonataError(
            "T0412", value=argument, index=at + 1, type=_PLURAL.get(parameter.subtype, UNDEFINED)
        )


def _closing(text: str, at: int, opening: str, closing: str) -> int:
    depth = 0
    for position in range(at, len(text)):
        depth += {opening: 1, closing: -1}.get(text[position], 0)
        if depth == 0:
            return position
    return len(text)
