"""Filter patterns of CloudWatch Logs, with the examples of its user guide."""

import json

import pytest

from local_aws.ministack.logs.filter_operands import InvalidFilterPattern
from local_aws.ministack.logs.filter_patterns import compiled

EVENT = json.dumps(
    {
        "eventType": "UpdateTrail",
        "sourceIPAddress": "111.111.111.111",
        "arrayKey": ["value", "another value"],
        "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}],
        "SomeObject": None,
        "ThisFlag": True,
        "ThatFlag": False,
        "latency": 500,
        "ratio": 0.1,
        "error-code": "404",
        "user": {"id": 1, "email": "John.Stiles@example.com"},
        "coordinates": [[0, 1, 2], [4, 5, 6]],
        "actions": ["GET", "PUT", "DELETE"],
        "note": 'a "b" \\',
    }
)


@pytest.mark.parametrize(
    ("pattern", "message", "expected"),
    [
        ("", "anything", True),
        ("ERROR", "[ERROR] A fatal exception", True),
        ("ERROR", "Exiting with ERRORCODE: -1", True),
        ("ERROR", "[error] not the same case", False),
        ('"ERROR" - "Exiting"', "Exiting with ERRORCODE: -1", False),
        ("ERROR -Exiting", "ERROR", True),
        ("-ERROR", "fine", True),
        ("ERROR Exception", "[ERROR] Caught IllegalArgumentException", True),
        ("ERROR Exception", "[ERROR] Caught", False),
        ("?ERROR ?WARN", "WARN message", True),
        ("?ERROR ?WARN", "ERROR message", True),
        ("?ERROR ?WARN", "INFO message", False),
        ("?ERROR INFO", "INFO message", True),
        ('"INTERNAL SERVER ERROR"', "an INTERNAL SERVER ERROR", True),
        ('"INTERNAL SERVER ERROR"', "SERVER INTERNAL ERROR", False),
        (r'"a \"b\""', 'x a "b"', True),
        ("%[45]0[0-9]%", "status 503", True),
        ("%^[45]0[0-9]%", "status 503", False),
    ],
)
def test_terms_match_words_of_a_message(pattern: str, message: str, expected: bool) -> None:
    assert compiled(pattern)(message) is expected


ACCESS = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'


@pytest.mark.parametrize(
    ("pattern", "message", "expected"),
    [
        ("[ip, user, username, timestamp, request, status_code, bytes]", ACCESS, True),
        (
            "[ip, user, username, timestamp, request = *.html*, status_code = 4*, bytes > 1000]",
            ACCESS,
            True,
        ),
        ("[ip, user, username, timestamp, request, status_code = 4*, bytes > 2000]", ACCESS, False),
        ("[ip, user, username, timestamp, request, status_code]", ACCESS, False),
        ("[ip, user, username, timestamp, request, status_code, bytes, more]", ACCESS, False),
        ("[..., status_code = 4*, bytes]", ACCESS, True),
        ("[..., request =*.html*, status_code = 404 || status_code = 410, bytes]", ACCESS, True),
        ("[ip = %127\\.0\\.0\\.[1-9]%, ...]", ACCESS, True),
        ("[ip = %^128%, ...]", ACCESS, False),
        ("[ip, ..., bytes = 1534]", ACCESS, True),
        ("[ip, ..., bytes = 1534.0]", ACCESS, True),
        ("[ip, ..., bytes >= 1534 && bytes < 1535]", ACCESS, True),
        ("[ip, ..., bytes != 1534]", ACCESS, False),
        ("[w1=ERROR, w2]", "ERROR 1", True),
        ("[w1=ERROR, w2]", "ERROR 1 2", False),
        ("[w1=ERROR, ...]", "ERROR", True),
        ("[w1!=ERROR&&w1!=WARN, w2]", "INFO 1", True),
        ("[w1!=ERROR&&w1!=WARN, w2]", "WARN 1", False),
        ('[w1, w2 = "a, b"]', 'x "a, b"', True),
        ("[w1 > 1, w2]", "a b", False),
        ("[w1 != 1, w2]", "a b", True),
        ("[..., status_code = 4*,]", "a 404", True),
    ],
)
def test_fields_of_space_delimited_events_are_matched(pattern: str, message: str, expected: bool) -> None:
    assert compiled(pattern)(message) is expected


@pytest.mark.parametrize(
    "pattern",
    [
        "[",
        "[]",
        "[a",
        "[a, , b]",
        "[..., a, ...]",
        "[a = ]",
        "[a > b]",
        '[a = "b]',
        "[a = 1 & a = 2]",
        "[a b]",
    ],
)
def test_invalid_space_delimited_pattern_is_rejected(pattern: str) -> None:
    with pytest.raises(InvalidFilterPattern):
        compiled(pattern)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ('$.eventType = "UpdateTrail"', True),
        ("$.eventType=UpdateTrail", True),
        ("$.eventType = Update", False),
        ("$.eventType = Update*", True),
        ("$.eventType = *Trail", True),
        ("$.eventType = *teTr*", True),
        ("$.eventType = Up*Trail", False),
        ('$.eventType = "*"', True),
        ("$.eventType = %^Update%", True),
        ("$.eventType != %^Update%", False),
        ("$.sourceIPAddress != 123.123.*", True),
        ("$.sourceIPAddress != 111.111.*", False),
        ('$.arrayKey[0] = "value"', True),
        ('$.arrayKey[1] = "another value"', True),
        ('$.arrayKey[2] = "value"', False),
        ('$.eventType[0] = "U"', False),
        ("$.objectList[1].id = 2", True),
        ("$.objectList = 1", False),
        ("$.objectList != 1", False),
        ("$.coordinates[0][1] = 1", True),
        ("$.SomeObject IS NULL", True),
        ("$.ThisFlag IS NULL", False),
        ("$.missing IS NULL", False),
        ("$.SomeOtherObject NOT EXISTS", True),
        ("$.SomeObject NOT EXISTS", False),
        ("$.ThisFlag IS TRUE", True),
        ("$.ThisFlag IS FALSE", False),
        ("$.ThatFlag IS FALSE", True),
        ("$.latency IS TRUE", False),
        ("$.missing = a", False),
        ("$.missing != a", False),
        ("$.missing != 1", False),
        ("$.latency >= 500", True),
        ("$.latency > 500", False),
        ("$.latency <= 500", True),
        ("$.latency < 500", False),
        ("$.latency < 10e3", True),
        ("$.latency < 10e-3", False),
        ("$.latency > +499.5", True),
        ("$.latency > -1", True),
        ("$.latency != 500", False),
        ("$.ratio = 0.1", True),
        ("$.ThisFlag = 1", False),
        ('$.error-code = "404"', True),
        (r'$.note = "a \"b\" \\"', True),
        ('($.user.id = 1) && ($.user.email = "John.Stiles@example.com")', True),
        ('($.user.id = 2 && $.user.email = "nonmatch") || $.actions[2] = "GET"', False),
        ('$.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = no && $.actions[2] = no', True),
        (
            '($.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = no) && $.actions[2] = no',
            False,
        ),
    ],
)
def test_conditions_compare_values_of_a_json_event(condition: str, expected: bool) -> None:
    assert compiled(f"{{ {condition} }}")(EVENT) is expected


@pytest.mark.parametrize(
    "message",
    [
        "START RequestId: 1",
        "",
        "[1]",
        '"text"',
        '{"level": "WARNING"',
        '{"a": 1e9999999999999999999}',
        "[" * 100_000,
    ],
)
def test_json_pattern_does_not_match_other_messages(message: str) -> None:
    assert compiled('{ $.level != "INFO" }')(message) is False
    assert compiled("{ $.level NOT EXISTS }")(message) is False


@pytest.mark.parametrize(
    "pattern",
    [
        "{}",
        "{ }",
        "{ $.a = 1",
        "{ $.a }",
        "{ $.a = }",
        "{ a = 1 }",
        "{ $ = 1 }",
        "{ $[0] = 1 }",
        "{ $.a = b c }",
        "{ $.a = 1 && }",
        "{ ($.a = 1 }",
        "{ $.a = 1) }",
        "{ $.a == 1 }",
        "{ $.a > text }",
        '{ $.a > "1" }',
        "{ $.a = ä }",
        "{ $.a IS MAYBE }",
        "{ $.a = %(b)% }",
        "{ $.a = %[% }",
        "{ " + "(" * 5_000 + "$.a = 1" + ")" * 5_000 + " }",
        '"unclosed',
        "%unclosed",
        "a.b",
        "user@example",
        "?",
    ],
)
def test_invalid_pattern_raises(pattern: str) -> None:
    with pytest.raises(InvalidFilterPattern):
        compiled(pattern)
