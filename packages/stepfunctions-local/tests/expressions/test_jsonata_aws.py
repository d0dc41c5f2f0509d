"""Differences of JSONata in Step Functions: added and removed functions, limits.

https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest

from stepfunctions_local.expressions import ExpressionSyntaxError, Scope
from stepfunctions_local.expressions.jsonata import (
    UNDEFINED,
    EvaluationError,
    InternalError,
    compile_expression,
    runtime,
)

STACK = "Stack overflow error: Check for non-terminating recursive function. Consider rewriting as tail-recursive."
MEMORY = "Expression evaluation memory limit exceeded: Check for excessive memory usage"


def value(text: str, **variables: Any) -> Any:
    return compile_expression(text).evaluate(variables)


def failure(text: str, **variables: Any) -> str:
    with pytest.raises(EvaluationError) as error:
        value(text, **variables)
    return str(error.value)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("$partition([1,2,3,4], 2)", [[1, 2], [3, 4]]),
        ("$partition([1,2,3,4,5,6,7,8,9], 4)", [[1, 2, 3, 4], [5, 6, 7, 8], [9]]),
        ("$partition([1,2,3], 2.9)", [[1, 2], [3]]),
        ("$range(0, 6, 2)", [0, 2, 4, 6]),
        ("$range(1, 9, 2)", [1, 3, 5, 7, 9]),
        ("$range(3, 1, -1)", [3, 2, 1]),
        ("$range(-1.7, 2, 1)", [-1, 0, 1, 2]),
        ("$range(0, 0, 1)", 0),
        ("[$range(7, 7, 1)]", [7]),
        ("$count($range(1, 1, 1))", 1),
        ('{"a": $range(2, 2, 5)}', {"a": 2}),
        ("$range(1, 0, 1)", UNDEFINED),
        ("$partition([1], 3)", [[1]]),
        ('$hash("input", "SHA-1")', "140f86aae51ab9e1cda9b4254fe98a74eb54c1a1"),
        ('$hash("input data", "MD5")', "812f45842bc6d66ee14572ce20db8e86"),
        ('$hash($split("😀", "")[0], "MD5") = $hash("?", "MD5")', True),
        ("$random(42)", 0.7275636800328681),
        ('$parse("{\\"a\\":[1,null]}").a', [1, None]),
        ('$parse("7")', 7),
    ],
)
def test_aws_function_returns_value(expression: str, expected: Any) -> None:
    assert value(expression) == expected


def test_uuid_is_new_for_each_call() -> None:
    first, second = value("$uuid()"), value("$uuid()")
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", first)
    assert first != second


def test_random_without_seed_differs() -> None:
    assert value("$random()") != value("$random()")


def test_eval_does_not_exist() -> None:
    assert failure('$eval("1+1")') == "T1006: Attempted to invoke a non-function"


def test_errors_have_jsonata_codes() -> None:
    assert failure('1 + "a"') == 'T2002: The right side of the "+" operator must evaluate to a number'
    assert failure('$sum(["a"])') == 'T0412: Argument 1 of function "sum" must be an array of "numbers"'
    assert failure('$error("no stock")') == "D3137: no stock"


@pytest.mark.parametrize("text", ["NaN", "[1,Infinity]", "{'a':1}", ""])
def test_parse_rejects_what_is_not_json(text: str) -> None:
    assert failure("$parse($content)", content=text) == f"D3137: Unable to parse JSON text: {text}"


def test_endless_recursion_raises_stack_overflow() -> None:
    assert failure("($f := function($n){ 1 + $f($n + 1) }; $f(1))") == STACK


def test_value_that_contains_itself_raises_stack_overflow() -> None:
    assert failure('$x ~> |a|{"again": $}|', x={"a": {"b": 1}}) == STACK


@pytest.mark.parametrize(
    ("shape", "deepest"),
    [
        (lambda n: "+".join(["1"] * n), 100),
        (lambda n: "(" * n + "1" + ")" * n, 99),
        (lambda n: '{"a":' * n + "1" + "}" * n, 99),
        (lambda n: "[" * n + "1" + "]" * n, 99),
        (lambda n: "true?" * n + "1", 99),
        (lambda n: f"($f := function($n){{ $n = 0 ? 1 : $n * $f($n - 1) }}; $f({n}))", 31),
    ],
    ids=["operators", "blocks", "objects", "arrays", "conditions", "recursion"],
)
def test_depth_limit_is_that_of_the_reference(shape: Callable[[int], str], deepest: int) -> None:
    assert value(shape(deepest)) is not UNDEFINED
    assert failure(shape(deepest + 1)) == STACK


def test_tail_recursion_does_not_add_depth() -> None:
    assert value("($f := function($n, $t){ $n = 0 ? $t : $f($n - 1, $t + $n) }; $f(3000, 0))") == 4501500


def test_endless_loop_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "MAX_SECONDS", 0.05)
    assert failure("($f := function($x){ $f($x + 1) }; $f(1))") == (
        "Expression evaluation timeout: Check for infinite loop"
    )


@pytest.mark.parametrize("text", ["!!!", "@@@@", "Y", "YQ=", "YQ==x", "Y Q", "_w==", "=", "A==="])
def test_invalid_base64_is_an_internal_error(text: str) -> None:
    with pytest.raises(InternalError):
        value("$base64decode($data)", data=text)


@pytest.mark.parametrize(
    "call", ["$contains('a', $no)", "$split('a', $no)", "$replace('a', $no, 'x')", "$replace('a', /a/, $no)"]
)
def test_undefined_pattern_or_replacement_is_an_internal_error(call: str) -> None:
    with pytest.raises(InternalError):
        value(call)


def test_range_memory_limit() -> None:
    assert value("$count($range(1, 360145, 1))") == 360145
    assert failure("$count($range(1, 360146, 1))") == MEMORY
    assert failure("$count($range(360146, 1, -1))") == MEMORY


DOUBLED = "($f := function($s, $n) { $n = 0 ? $s : $f(%s, $n - 1) }; %s)"


@pytest.mark.parametrize(
    "expression",
    [
        DOUBLED % ("$append($s, $s)", "$count($f([1], 40))"),
        DOUBLED % ("[$s, $s]", "$count($f([1], 40))"),
        DOUBLED % ('{"a": $s, "b": $s}', "$string($f({}, 40))"),
        DOUBLED % ('{"a": $s, "b": $s}', "$f({}, 40)"),
        DOUBLED % ('$replace($s, "a", $s)', '$length($f("aa", 10))'),
        DOUBLED % ("$replace($s, /a/, $s)", '$length($f("aa", 10))'),
        DOUBLED % ("$join([$s, $s, $s])", '$length($f("aa", 40))'),
    ],
)
def test_memory_limit_applies_to_every_value(expression: str) -> None:
    assert failure(expression) == MEMORY


def test_values_below_the_memory_limit_are_accepted() -> None:
    assert value('$length($replace($pad("", 1000, "a"), "a", $pad("", 6000, "b")))') == 6_000_000
    assert value("$count($append([1..400000], [1..400000]))") == 800_000
    assert value("$count($distinct($map([1..100000], function($x) { $x % 50000 })))") == 50_000


def test_distinct_objects_of_a_long_array_take_little_time() -> None:
    started = time.process_time()
    assert value("$count($distinct($map([1..20000], function($x) {{'sku': $x}})))") == 20_000
    assert time.process_time() - started < 4


def test_distinct_values_are_those_that_are_not_equal() -> None:
    expression = (
        '$distinct([1, true, "1", [[1]], [[true]], {"a": [1], "b": null}, {"b": null, "a": [1]}, null, null])'
    )
    distinct = value(expression)
    assert repr(distinct) == repr([1, True, "1", [[1]], [[True]], {"a": [1], "b": None}, None])


# Values whose parts are shared: an object of 40 levels, each with the level below twice.
SHARED = """
    $double := function($v, $n) { $n = 0 ? $v : $double({'a': $v, 'b': $v}, $n - 1) };
    $v := $double({'x': 1}, 40);
"""


def test_values_of_shared_parts_are_compared_by_each_part_once() -> None:
    assert value(f"({SHARED} $v = $double({{'x': 1}}, 40))") is True
    assert value(f"({SHARED} $v = $double({{'x': 2}}, 40))") is False
    assert value(f"({SHARED} $count($distinct([$v, $double({{'x': 1}}, 40), $double({{'x': 2}}, 40)])))") == 2


@pytest.mark.parametrize(
    "expression",
    [
        "$count($v.**)",
        f"$count($v{'.*' * 40})",
        f"$count($v.*#$i{'.*' * 40})",
        "$clone($v)",
        "$v ~> |a|{'z': 1}|",
    ],
)
def test_results_of_shared_parts_are_within_the_memory_limit(expression: str) -> None:
    assert failure(f"({SHARED} {expression})") == MEMORY


def test_equal_numbers_are_not_distinct() -> None:
    numbers = '[1, 1.0, $number("1"), 9007199254740993, 9007199254740992, 0, -0]'
    assert value(f"$distinct({numbers})") == [1, 9007199254740992, 0]


def test_memory_limit() -> None:
    assert value("[1..873782] ~> $count()") == 873782
    assert failure("[1..873783] ~> $count()") == MEMORY
    doubling = '($p := function($s, $n) { $n = 0 ? $s : $p($s & $s, $n - 1) }; $length($p("x", N)))'
    assert value(doubling.replace("N", "22")) == 4_194_304
    assert failure(doubling.replace("N", "23")) == MEMORY


def test_numbers_are_normalized_as_in_javascript() -> None:
    assert value("$x", x=10.0) == 10
    assert isinstance(value("$x", x=10.0), int)
    assert value("1/0") == "Infinity"
    assert value("{'k': -1/0}") == {"k": "-Infinity"}
    assert value("$x", x=12345678901234567890) == 12345678901234567000
    assert value("10/4") == 2.5
    assert isinstance(value("10/5"), int)


def test_null_is_not_undefined() -> None:
    assert value("$x.a", x={"a": None}) is None
    assert value("$x.b", x={"a": None}) is UNDEFINED
    assert value("{'a': $x.a, 'b': $x.b}", x={"a": None}) == {"a": None}


def test_time_is_constant_during_an_evaluation() -> None:
    assert value("($a := $millis(); $b := $toMillis($now()); $a = $b)") is True


def test_expression_lists_what_it_reads() -> None:
    expression = compile_expression(
        "($local := $order.id; $map($lines, function($l){ $l.sku & $states.input.x }))"
    )
    assert expression.variables == {"order", "lines"}
    assert expression.reads == {"input"}


@pytest.mark.parametrize(
    ("expression", "message", "code"),
    [
        ("1 +", "Unexpected end of expression", "S0207"),
        ('"unterminated', "String literal must be terminated by a matching quote", "S0101"),
        ('{"a":}', 'The symbol "}" cannot be used as a unary operator', "S0211"),
        ("a[1,2)", 'Expected "]", got ","', "S0202"),
        ('$match("a", /abc', "No terminating / in regular expression", "S0302"),
    ],
)
def test_syntax_error_has_message_and_code(expression: str, message: str, code: str) -> None:
    with pytest.raises(ExpressionSyntaxError) as error:
        compile_expression(expression)
    assert (error.value.message, error.value.code) == (message, code)


def test_scope_provides_states() -> None:
    scope = Scope({"a": 1}, {"Execution": {"Name": "n"}}, {"v": [1, 2]}, result={"r": 2})
    assert compile_expression("$states.input.a + $states.result.r").evaluate_in(scope) == 3
    assert compile_expression("$states.context.Execution.Name").evaluate_in(scope) == "n"
    assert compile_expression("$v[1]").evaluate_in(scope) == 2
    assert compile_expression("$states.errorOutput").evaluate_in(scope) is UNDEFINED
    assert compile_expression("$states").evaluate_in(scope) == {
        "input": {"a": 1},
        "context": {"Execution": {"Name": "n"}},
        "result": {"r": 2},
    }


def test_endless_regular_expression_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    from stepfunctions_local.expressions.jsonata import regex

    monkeypatch.setattr(regex, "MAX_SEARCH_SECONDS", 0.05)
    assert "timeout" in failure("$contains($data, /^(a|aa|a?)+$/)", data="a" * 60 + "b")


def test_time_without_a_date_is_of_today() -> None:
    today = "$substring($now(), 0, 10)"
    assert value(f"""$toMillis("1", "[H]") = $toMillis({today} & "T01:00:00Z")""") is True
