"""DynamoDB: checks of expressions and their operands that MiniStack does not make, and numbers of 38 digits.

Sources: the DynamoDB Developer Guide ("Using expressions in DynamoDB"), and DynamoDB's texts in public tests.
"""

from __future__ import annotations

import decimal
import functools
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import dynamodb

from .update_expressions import update_problem

type Response = tuple[int, dict[str, str], bytes]
type Token = tuple[str, str]

_DIGITS = 38
_WRONG_TYPE = "An operand in the update expression has an incorrect data type"
_OPERANDS = {
    "attribute_exists": 1,
    "attribute_not_exists": 1,
    "attribute_type": 2,
    "begins_with": 2,
    "contains": 2,
    "size": 1,
}
_TYPES = ("B", "NULL", "SS", "BOOL", "L", "BS", "N", "NS", "S", "M")
_KEYWORDS = ("AND", "OR", "NOT", "IN", "BETWEEN")
# MiniStack words the errors of operands that are no values or names.
_CALL = re.compile(r"(?<![\w#:.])(?P<function>[A-Za-z_]\w*)\s*\((?P<operands>[^()]*)\)")
_MAX_EXPRESSIONS = 4_096


def install_expression_checks() -> None:
    """Check expressions with the names and values of a request, and operands with the item."""
    validate, evaluate = dynamodb._validate_expression_attrs, dynamodb._eval_set_value
    apply, remove = dynamodb._apply_update_expression, dynamodb._apply_remove
    check_action = dynamodb._transact_write_action_error
    arithmetic = decimal.Context(prec=_DIGITS)

    def checked(data: dict[str, Any], fields: Collection[str], *wording: Any) -> Response | None:
        error: Response | None = validate(data, fields, *wording)
        if error is not None:
            return error
        return _error(_problem(data, fields))

    def checked_action(kind: str, action: dict[str, Any]) -> Response | None:
        # MiniStack evaluates the condition of an action before it checks names and values.
        error = _error(_problem(action, ("ConditionExpression",)))
        response: Response | None = error or check_action(kind, action)
        return response

    def evaluate_typed(tokens: list[Token], item: Any, values: Any, names: Any) -> Any:
        check_operands(tokens, lambda operand: dynamodb._eval_set_value(operand, item, values, names))
        return evaluate(tokens, item, values, names)

    def apply_exactly(*arguments: Any) -> Any:
        with decimal.localcontext(arithmetic):
            return apply(*arguments)

    def remove_from_the_end(item: Any, tokens: list[Token], names: Any, changed: Any) -> None:
        """Remove elements of a list by their numbers before the update: the last first."""
        paths = dynamodb._split_by_comma(tokens)
        paths.sort(key=lambda path: [_place(part) for part in dynamodb._parse_path_from_tokens(path, names)])
        for path in reversed(paths):
            remove(item, path, names, changed)

    dynamodb._validate_expression_attrs = checked
    dynamodb._transact_write_action_error = checked_action
    dynamodb._eval_set_value = evaluate_typed
    dynamodb._apply_update_expression = apply_exactly
    dynamodb._apply_remove = remove_from_the_end


def check_operands(tokens: list[Token], evaluate: Callable[[list[Token]], Mapping[str, Any] | None]) -> None:
    """Raise ValueError if the item's attributes are not what + and - or list_append take."""
    depth = 0
    for place, (kind, _) in enumerate(tokens):
        depth += (kind == "LPAREN") - (kind == "RPAREN")
        if depth == 0 and place and kind in ("PLUS", "MINUS"):
            _require("N", map(evaluate, (tokens[:place], tokens[place + 1 :])))
            return
    if len(tokens) > 2 and tokens[0] == ("IDENT", "list_append") and tokens[1][0] == "LPAREN":
        _require("L", map(evaluate, dynamodb._split_by_comma(tokens[2:-1])))


def _require(kind: str, operands: Iterator[Mapping[str, Any] | None]) -> None:
    if not all(operand and kind in operand for operand in operands):
        raise ValueError(_WRONG_TYPE)


def _error(problem: str | None) -> Response | None:
    return None if problem is None else error_response_json("ValidationException", problem, 400)


def _problem(data: Mapping[str, Any], fields: Collection[str]) -> str | None:
    """Return what is wrong with the expressions of a request; None if nothing is."""
    names, values = data.get("ExpressionAttributeNames") or {}, data.get("ExpressionAttributeValues") or {}
    for field in ("UpdateExpression", "ConditionExpression", "FilterExpression"):
        text = data.get(field) if field in fields else None
        if not text:
            continue
        problem = (
            update_problem(text, names, values)
            if field == "UpdateExpression"
            else condition_problem(field, text, values)
        )
        if problem is not None:
            return problem
    return _query_problem(data) if "KeyConditionExpression" in fields else None


def condition_problem(field: str, text: str, values: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Return what is wrong with the functions of a condition; None if nothing is."""
    for function, operands in _calls(text):
        problem = _call_problem(function, operands, values)
        if problem is not None:
            return f"Invalid {field}: {problem}"
    return None


def _call_problem(function: str, operands: list[str], values: Mapping[str, Mapping[str, Any]]) -> str | None:
    if function not in _OPERANDS:
        return f"Invalid function name; function: {function}"
    if len(operands) != _OPERANDS[function]:
        wrong = "Incorrect number of operands for operator or function"
        return f"{wrong}; operator or function: {function}, number of operands: {len(operands)}"
    if function.startswith("attribute_") and operands[0].startswith(":"):
        return f"Operator or function requires a document path; operator or function: {function}"
    if function == "attribute_type" and operands[1] in values:
        kind, name = next(iter(values[operands[1]].items()))
        if kind != "S":
            wrong = "Incorrect operand type for operator or function"
            return f"{wrong}; operator or function: {function}, operand type: {kind}"
        if name not in _TYPES:
            return f"Invalid attribute type name found; type: {name}, valid types: {{{','.join(_TYPES)}}}"
    return None


def _query_problem(data: Mapping[str, Any]) -> str | None:
    """Return why a query cannot have its conditions; None if it can."""
    condition = str(data.get("KeyConditionExpression") or "")
    for kind, word in _tokens(condition):
        if kind == "NE" or (kind == "IDENT" and word.upper() in ("OR", "NOT", "IN")):
            return f"Invalid operator used in KeyConditionExpression: {word}"
    for function, _ in _calls(condition):
        if function not in _OPERANDS:
            return f"Invalid KeyConditionExpression: Invalid function name; function: {function}"
        if function != "begins_with":
            return f"Invalid operator used in KeyConditionExpression: {function}"
    names = data.get("ExpressionAttributeNames") or {}
    used = {names.get(word, word) for word in _attributes(str(data.get("FilterExpression") or ""))}
    key = next((name for name in _key(data) if name in used), None)
    if key is None:
        return None
    return f"Filter Expression can only contain non-primary key attributes: Primary key attribute: {key}"


def _key(data: Mapping[str, Any]) -> list[str]:
    """Return the names of the key that a query uses: the table's, or that of its index."""
    table = dynamodb._tables.get(data.get("TableName")) or {}
    indexes = [*table.get("GlobalSecondaryIndexes", ()), *table.get("LocalSecondaryIndexes", ())]
    index = next((each for each in indexes if each["IndexName"] == data.get("IndexName")), table)
    return [element["AttributeName"] for element in index.get("KeySchema", ())]


@functools.lru_cache(_MAX_EXPRESSIONS)
def _calls(text: str) -> list[tuple[str, list[str]]]:
    """Return the functions that a condition calls, with their operands."""
    return [
        (call["function"], [operand.strip() for operand in call["operands"].split(",")])
        for call in _CALL.finditer(text)
        if call["function"].upper() not in _KEYWORDS
    ]


@functools.lru_cache(_MAX_EXPRESSIONS)
def _attributes(text: str) -> list[str]:
    """Return the names of the top-level attributes in a condition, with `#` names."""
    tokens = _tokens(text)
    return [
        word
        for place, (kind, word) in enumerate(tokens)
        if kind in ("IDENT", "NAME_REF") and (not place or tokens[place - 1][0] != "DOT")
    ]


@functools.lru_cache(_MAX_EXPRESSIONS)
def _tokens(text: str) -> list[Token]:
    tokens: list[Token] = dynamodb._tokenize(text)
    return tokens


def _place(part: str | int) -> tuple[int, str]:
    return (part, "") if isinstance(part, int) else (-1, part)
