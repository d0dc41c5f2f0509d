"""Intrinsic functions, with the examples of the documentation.

https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
"""

import re
import time
from typing import Any

import pytest

from stepfunctions_local.errors import RuntimeFailure
from stepfunctions_local.expressions import IntrinsicSyntaxError, Scope, compile_intrinsic

SCOPE = Scope(
    {
        "Id": 123456,
        "inputArray": [1, 2, 3, 4, 5, 6, 7, 8, 9],
        "lookingFor": 5,
        "index": 5,
        "dup": [1, 2, 3, 3, 3, 3, 3, 3, 4],
        "input": "Data to encode",
        "base64": "RGF0YSB0byBlbmNvZGU=",
        "json1": {"a": {"a1": 1, "a2": 2}, "b": 2},
        "json2": {"a": {"a3": 1, "a4": 2}, "c": 3},
        "escapedJsonString": '{"foo": "bar"}',
        "unescapedJson": {"foo": "bar"},
        "value1": 111,
        "step": -1,
        "text": "1,2,3,4,5",
        "mixed": "This.is+a,test=string",
        "name": "Arnav",
        "template": "Hello, my name is {}.",
    },
    {"Execution": {"Name": "e"}},
    {"who": "Ada"},
)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("States.Array($.Id)", [123456]),
        ("States.Array()", []),
        ("States.Array(-0.5, 1e2, 1E-2, -3)", [-0.5, 100.0, 0.01, -3]),
        ("States.Array('a', 1, 2.5, true, null, $.name)", ["a", 1, 2.5, True, None, "Arnav"]),
        ("States.ArrayPartition($.inputArray,4)", [[1, 2, 3, 4], [5, 6, 7, 8], [9]]),
        ("States.ArrayPartition(States.Array(1, 2, 3), 1.5)", [[1, 2], [3]]),
        ("States.ArrayPartition(States.Array(1, 2, 3), 2.4)", [[1, 2], [3]]),
        ("States.ArrayPartition(States.Array(1, 2), 0.5)", [[1], [2]]),
        ("States.ArrayContains($.inputArray, $.lookingFor)", True),
        ("States.ArrayContains($.inputArray, '5')", False),
        ("States.ArrayContains(States.Array(true, 2), 1)", False),
        ("States.ArrayContains(States.Array(1, 2), 1.0)", True),
        ("States.ArrayUnique(States.Array(1, true, 1.0, 'a', 'a', null, null))", [1, True, "a", None]),
        ("States.ArrayRange(1, 9, 2)", [1, 3, 5, 7, 9]),
        ("States.ArrayRange(5, 1, -2)", [5, 3, 1]),
        ("States.ArrayGetItem($.inputArray, $.index)", 6),
        ("States.ArrayLength($.inputArray)", 9),
        ("States.ArrayUnique($.dup)", [1, 2, 3, 4]),
        ("States.Base64Encode($.input)", "RGF0YSB0byBlbmNvZGU="),
        ("States.Base64Decode($.base64)", "Data to encode"),
        ("States.Base64Decode('RGF0YQ')", "Data"),
        ("States.Hash('input', 'SHA-1')", "140f86aae51ab9e1cda9b4254fe98a74eb54c1a1"),
        ("States.JsonMerge($.json1, $.json2, false)", {"a": {"a3": 1, "a4": 2}, "b": 2, "c": 3}),
        ("States.StringToJson($.escapedJsonString)", {"foo": "bar"}),
        ("States.JsonToString($.unescapedJson)", '{"foo":"bar"}'),
        ("States.MathAdd($.value1, $.step)", 110),
        ("States.MathAdd(1.5, 2.4)", 4),
        ("States.StringSplit($.text, ',')", ["1", "2", "3", "4", "5"]),
        ("States.StringSplit($.mixed, '.+,=')", ["This", "is", "a", "test", "string"]),
        ("States.Format('Hello, my name is {}.', $.name)", "Hello, my name is Arnav."),
        ("States.Format($.template, $.name)", "Hello, my name is Arnav."),
        ("States.Format('{} {} {}', $$.Execution.Name, $who, 1.5)", "e Ada 1.5"),
        (r"States.Format('it\'s \{\} \\ {}', $.unescapedJson)", "it's {} \\ {foo=bar}"),
        ("States.Format('{}', $.json1)", "{a={a1=1, a2=2}, b=2}"),
        ("States.Format('{}', States.Array(1, 'a', null, true))", "[1, a, null, true]"),
        ("States.Format('{}', null)", "null"),
        (
            "States.Format('{}.{}', States.ArrayGetItem(States.StringSplit('a/b/c', '/'), 2), 'x')",
            "c.x",
        ),
    ],
)
def test_function_returns_value(call: str, expected: Any) -> None:
    assert compile_intrinsic(call).evaluate(SCOPE) == expected


def test_seed_makes_random_numbers_repeat() -> None:
    call = compile_intrinsic("States.MathRandom(1, 999, 42)")
    assert call.evaluate(SCOPE) == call.evaluate(SCOPE)
    numbers = {compile_intrinsic("States.MathRandom(1, 4)").evaluate(SCOPE) for _ in range(200)}
    assert numbers == {1, 2, 3}


def test_seeded_range_has_the_size_of_a_java_integer() -> None:
    largest = compile_intrinsic("States.MathRandom(-1, 2147483647, 7)")
    assert -1 <= largest.evaluate(SCOPE) < 2147483647
    with pytest.raises(RuntimeFailure) as error:
        compile_intrinsic("States.MathRandom(0, 2147483649, 7)").evaluate(SCOPE)
    assert error.value.error == "States.IntrinsicFailure"
    assert 0 <= compile_intrinsic("States.MathRandom(0, 9000000000)").evaluate(SCOPE) < 9_000_000_000


def test_half_a_surrogate_pair_is_encoded_as_a_question_mark() -> None:
    scope = Scope({"text": "a\ud83db", "same": "a?b"})
    for call in ("States.Base64Encode({})", "States.Hash({}, 'SHA-256')"):
        half, whole = (compile_intrinsic(call.format(path)).evaluate(scope) for path in ("$.text", "$.same"))
        assert half == whole


def test_unique_values_are_those_that_are_not_equal() -> None:
    values = [
        1,
        1.0,
        True,
        "1",
        [1],
        [True],
        [1.0],
        {"a": [1], "b": None},
        {"b": None, "a": [1.0]},
        {},
        [],
        None,
        [None],
    ]
    unique = compile_intrinsic("States.ArrayUnique($)").evaluate(Scope(values))
    expected = [1, True, "1", [1], [True], {"a": [1], "b": None}, {}, [], None, [None]]
    assert repr(unique) == repr(expected)


def test_unique_values_of_a_long_array_take_little_time() -> None:
    items = [{"sku": number} for number in range(30_000)]
    started = time.process_time()
    assert compile_intrinsic("States.ArrayUnique($)").evaluate(Scope(items)) == items
    assert time.process_time() - started < 2


def test_uuid_is_new_for_each_call() -> None:
    call = compile_intrinsic("States.UUID()")
    assert re.fullmatch(r"[0-9a-f-]{36}", call.evaluate(SCOPE))
    assert call.evaluate(SCOPE) != call.evaluate(SCOPE)


@pytest.mark.parametrize(
    "call",
    [
        "States.Format('{} {}', 1)",
        "States.ArrayGetItem($.inputArray, 9)",
        "States.ArrayPartition($.inputArray, 0)",
        "States.ArrayPartition($.inputArray, 0.4)",
        "States.ArrayPartition($.inputArray, -1)",
        "States.ArrayRange(1, 5000, 1)",
        "States.ArrayRange(1, 5, 0)",
        "States.StringToJson('{')",
        "States.StringToJson('[NaN]')",
        "States.JsonMerge($.json1, $.json2, true)",
        "States.Hash($.input, 'SHA-3')",
        "States.Base64Decode('*')",
        "States.Base64Decode('R')",
        "States.Base64Decode('RGF0Y=')",
        "States.MathRandom(5, 1)",
        "States.MathAdd('a', 1)",
        "States.ArrayLength($.name)",
    ],
)
def test_invalid_arguments_raise_intrinsic_failure(call: str) -> None:
    with pytest.raises(RuntimeFailure) as error:
        compile_intrinsic(call).evaluate(SCOPE)
    assert error.value.error == "States.IntrinsicFailure"
    assert f"The function '{call}' had the following error: " in str(error.value.cause)


def test_base64_and_hash_limit_the_text_length() -> None:
    scope = Scope({"long": "x" * 10_001})
    for call in ("States.Base64Encode($.long)", "States.Hash($.long, 'MD5')"):
        with pytest.raises(RuntimeFailure):
            compile_intrinsic(call).evaluate(scope)


def test_missing_path_names_the_call() -> None:
    with pytest.raises(RuntimeFailure) as error:
        compile_intrinsic("States.Array($.nope)").evaluate(Scope({}))
    assert error.value.error == "States.Runtime"
    assert error.value.cause == (
        "The function 'States.Array($.nope)' had the following error: "
        "The JsonPath argument for the field '$.nope' could not be found in the input '{}'"
    )


def test_failure_of_a_nested_call_names_the_whole_call() -> None:
    call = "States.Format('{}', States.StringToJson('{'))"
    with pytest.raises(RuntimeFailure) as error:
        compile_intrinsic(call).evaluate(Scope({}))
    assert error.value.error == "States.IntrinsicFailure"
    assert error.value.cause.startswith(f"The function '{call}' had the following error: ")


@pytest.mark.parametrize(
    "call",
    [
        "States.Nope()",
        "States.UUID(1)",
        "States.Array(1",
        "States.Array('a)",
        r"States.Format('\a {}', 1)",
        r"States.Array('a\"b')",
        "States.Array(1) x",
        "States.Array(a)",
        "States.Format()",
        *(
            f"States.Array({number})"
            for number in (
                "nan",
                "Infinity",
                "-Infinity",
                "1_000",
                "٣",
                "+1",
                "01",
                ".5",
                "1.",
                "1e400",
                '"a"',
            )
        ),
        "States.Array(" * 11 + ")" * 11,
    ],
)
def test_malformed_call_raises_intrinsic_syntax_error(call: str) -> None:
    with pytest.raises(IntrinsicSyntaxError):
        compile_intrinsic(call)


def test_ten_nested_functions_are_accepted() -> None:
    assert compile_intrinsic("States.Array(" * 10 + ")" * 10).evaluate(SCOPE) == [[[[[[[[[[]]]]]]]]]]


def test_call_lists_the_variables_it_reads() -> None:
    assert compile_intrinsic("States.Format('{}{}', $who, States.Array($other.x, $.a))").variables == {
        "who",
        "other",
    }
