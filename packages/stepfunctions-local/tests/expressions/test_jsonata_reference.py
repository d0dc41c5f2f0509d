"""JSONata compared with recorded results of the reference implementation (see `about` in the JSON file)."""

import json
from pathlib import Path
from typing import Any

import pytest

from stepfunctions_local.expressions.jsonata import UNDEFINED
from stepfunctions_local.expressions.jsonata.errors import ExpressionSyntaxError, JsonataError
from stepfunctions_local.expressions.jsonata.expression import LIBRARY, Expression
from stepfunctions_local.expressions.jsonata.runtime import Frame, Run
from stepfunctions_local.expressions.jsonata.values import to_json

REFERENCE = json.loads((Path(__file__).parent / "jsonata_reference.json").read_text())


def evaluate(text: str, data: Any) -> dict[str, Any]:
    """Evaluate an expression on an input, which Step Functions never sets."""
    try:
        expression = Expression(text)
    except ExpressionSyntaxError as error:
        return {"code": error.code, "message": error.message}
    run = Run()
    try:
        value = to_json(expression._code(data, Frame({"$": data}, Frame(LIBRARY, None, run), run)))
    except JsonataError as error:
        return {"code": error.code, "message": error.message}
    return {"nothing": True} if value is UNDEFINED else {"value": value}


def same(a: Any, b: Any) -> bool:
    """Return whether JSON values are equal; true does not equal 1."""
    return json.dumps(a, sort_keys=True) == json.dumps(b, sort_keys=True) or (
        type(a) is not bool and type(b) is not bool and isinstance(a, int | float) and a == b
    )


@pytest.mark.parametrize("case", REFERENCE["cases"], ids=lambda case: case["expression"][:60])
def test_expression_matches_the_reference(case: dict[str, Any]) -> None:
    expected = {name: value for name, value in case.items() if name != "expression"}
    result = evaluate(case["expression"], REFERENCE["input"])
    assert result.keys() == expected.keys(), result
    assert all(same(result[name], value) for name, value in expected.items()), result


def test_reference_covers_every_library_function() -> None:
    called = " ".join(case["expression"] for case in REFERENCE["cases"])
    own = {"partition", "range", "hash", "random", "uuid", "parse", "now", "millis", "shuffle"}
    assert [name for name in LIBRARY if name not in own and f"${name}" not in called] == []
