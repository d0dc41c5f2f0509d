"""JSONata against the reference implementation's recorded answers (jsonata-js 2.0.6, as AWS documents)."""

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


def answer(text: str, given: Any) -> dict[str, Any]:
    """What the expression gives on an input (which Step Functions itself never gives it)."""
    try:
        expression = Expression(text)
    except ExpressionSyntaxError as wrong:
        return {"code": wrong.code, "message": wrong.message}
    run = Run()
    try:
        found = to_json(expression._code(given, Frame({"$": given}, Frame(LIBRARY, None, run), run)))
    except JsonataError as failed:
        return {"code": failed.code, "message": failed.message}
    return {"nothing": True} if found is UNDEFINED else {"value": found}


def same(a: Any, b: Any) -> bool:
    """Equality that tells true from 1."""
    return json.dumps(a, sort_keys=True) == json.dumps(b, sort_keys=True) or (
        type(a) is not bool and type(b) is not bool and isinstance(a, int | float) and a == b
    )


@pytest.mark.parametrize("case", REFERENCE["cases"], ids=lambda case: case["expression"][:60])
def test_as_the_reference(case: dict[str, Any]) -> None:
    expected = {name: value for name, value in case.items() if name != "expression"}
    found = answer(case["expression"], REFERENCE["input"])
    assert found.keys() == expected.keys(), found
    assert all(same(found[name], value) for name, value in expected.items()), found


def test_the_reference_covers_every_library_function() -> None:
    called = " ".join(case["expression"] for case in REFERENCE["cases"])
    own = {"partition", "range", "hash", "random", "uuid", "parse", "now", "millis", "shuffle"}
    assert [name for name in LIBRARY if name not in own and f"${name}" not in called] == []
