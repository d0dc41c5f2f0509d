"""Paths and reference paths.

https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html
"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepfunctions_local.errors import RuntimeFailure
from stepfunctions_local.expressions import (
    PathNotFound,
    PathSyntaxError,
    Scope,
    compile_path,
    compile_reference_path,
    jsonpath_nodes,
)

STORE = {
    "store": {
        "book": [
            {"category": "reference", "title": "Sayings of the Century", "price": 8.95},
            {"category": "fiction", "title": "Sword of Honour", "price": 12.99, "isbn": "0-1"},
            {"category": "fiction", "title": "Moby Dick", "price": 8.99, "isbn": "0-2"},
        ],
        "bicycle": {"color": "red", "price": 19.95},
    },
    "a.b": 1,
    "it's": 2,
    "none": None,
    "matrix": [[1, 2], [3]],
    "limit": 10,
    "texts": ["a\nc", "abc", "é"],
}
SCOPE = Scope(STORE, {"Execution": {"Id": "e"}, "State": {"Name": "S"}}, {"order": {"lines": [{"sku": "x"}]}})
TITLES = ["Sayings of the Century", "Sword of Honour", "Moby Dick"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$", STORE),
        ("$$", SCOPE.context),
        ("$$.Execution.Id", "e"),
        ("$order.lines[0].sku", "x"),
        ("$.store.bicycle.color", "red"),
        ("$['store']['bicycle'][\"color\"]", "red"),
        ("$['a.b']", 1),
        (r"$['it\'s']", 2),
        ("$.none", None),
        ("$.store.book[0].title", TITLES[0]),
        ("$.store.book[-1].title", TITLES[2]),
        ("$.store.book[*].title", TITLES),
        ("$.store.book[0,2].title", [TITLES[0], TITLES[2]]),
        ("$.store.book[1:].title", TITLES[1:]),
        ("$.store.book[:2].title", TITLES[:2]),
        ("$.store.book[-2:].title", TITLES[1:]),
        ("$.store.book[0:2].title", TITLES[:2]),
        ("$.store.book[1:9].title", TITLES[1:]),
        ("$.store.book[1:-1].title", []),
        ("$.store.book[-3:-1].title", TITLES[:2]),
        ("$.store.book[-9:-1].title", TITLES[:2]),
        ("$.store.book[-1:1].title", [TITLES[2], TITLES[0]]),
        ("$.store.book[?(@.title =~ /SWORD.*/)].title", []),
        ("$.store.book[?(@.title =~ / sword .*/xi)].title", [TITLES[1]]),
        ("$.texts[?(@ =~ /a.c/)]", ["abc"]),
        ("$.texts[?(@ =~ /a.c/s)]", ["a\nc", "abc"]),
        ("$.texts[?(@ =~ /É/i)]", []),
        ("$.texts[?(@ =~ /É/iu)]", ["é"]),
        (r"$.texts[?(@ =~ /\w/)]", []),
        (r"$.texts[?(@ =~ /\w/U)]", ["é"]),
        ("$.store..price", [8.95, 12.99, 8.99, 19.95]),
        ("$..color", ["red"]),
        ("$.store.*.color", ["red"]),
        ("$.store.bicycle['color','price']", {"color": "red", "price": 19.95}),
        ("$.store.bicycle['color','nothing']", {"color": "red"}),
        (
            "$.store.book[*]['isbn','price']",
            [{"price": 8.95}, {"isbn": "0-1", "price": 12.99}, {"isbn": "0-2", "price": 8.99}],
        ),
        ("$.store['bicycle','book'].color", ["red"]),
        ("$.['store'].['bicycle'].color", "red"),
        ("$.store.book.[0].title", TITLES[0]),
        ("$.store.book.[*].title", TITLES),
        ("$.store.book.[?(@.isbn)].title", TITLES[1:]),
        ("$.store..['color']", ["red"]),
        ("$..[?(@.color)]", [STORE["store"]["bicycle"]]),
        ("$.matrix[*][0]", [1, 3]),
        ("$.store.book[?(@.isbn)].title", TITLES[1:]),
        ("$.store.book[?(!@.isbn)].title", TITLES[:1]),
        ("$.store.book[?(@.price < 10)].title", [TITLES[0], TITLES[2]]),
        ("$.store.book[?(@.price < $.limit)].title", [TITLES[0], TITLES[2]]),
        ("$.store.book[?(@.category == 'fiction' && @.price > 10)].title", [TITLES[1]]),
        ("$.store.book[?(@.category=='reference' || @.price>10)].title", TITLES[:2]),
        ("$.store.book[?(@.title =~ /.*dick/i)].title", [TITLES[2]]),
        ("$.store.book[?(@.category in ['reference','x'])].title", TITLES[:1]),
        ("$.store.book[?(@.isbn == null)].title", []),
        ("$.store.book.length()", 3),
        ("$.store.book[*].nothing", []),
        ("$.store.book[5:].title", []),
        ("$..nothing", []),
        ("$.nothing[*]", []),
        ("$.nothing[?(@.x)]", []),
        ("$.nothing..x", []),
        ("$.store.nothing.more[0:2].x", []),
        ("$.limit[?(@.x)]", []),
        ("$.limit[1:]", []),
        ("$.store.book[?(@.nothing..x)]", []),
        ("$.store.book[?(@.price == '8.95')].title", TITLES[:1]),
        ("$.store.book[?(@.price === '8.95')].title", []),
        ("$.store.book[?(@.price !== 8.95)].title", TITLES[1:]),
        ("$.store.book[?(@.category IN ['reference'])].title", TITLES[:1]),
        ("$.store.book[?(@.price in [8.95, 8.99])].title", [TITLES[0], TITLES[2]]),
        ("$.store.book[?(@.title contains 'Dick')].title", TITLES[2:]),
        ("$.store.book[?(/.*dick/i =~ @.title)].title", TITLES[2:]),
        ("$.matrix[?(@ contains 3)]", [[3]]),
        ("$.matrix[?(@ size 2)]", [[1, 2]]),
        ("$.matrix[?(@ == [3])]", [[3]]),
        ("$.matrix[?(@ anyof [2, 4])]", [[1, 2]]),
        ("$.matrix[?(@ noneof [2, 4])]", [[3]]),
        ("$.matrix[?(@ subsetof [1, 2, 4])]", [[1, 2]]),
        ("$.matrix[?(@ empty false)]", [[1, 2], [3]]),
        ("$.store.book[?(!(@.isbn == '0-1') && @.isbn)].title", TITLES[2:]),
    ],
)
def test_path_returns_value(path: str, expected: Any) -> None:
    assert compile_path(path).evaluate(SCOPE) == expected


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("$.nothing", "No results for path: $['nothing']"),
        ("$.store.nothing", "No results for path: $['store']['nothing']"),
        ("$.nothing.more", "Missing property in path $['nothing']"),
        ("$.matrix[5]", "No results for path: $['matrix'][5]"),
        ("$missing.x", "No results for path: $missing"),
    ],
)
def test_missing_value_raises_path_not_found(path: str, message: str) -> None:
    with pytest.raises(PathNotFound) as error:
        compile_path(path).evaluate(SCOPE)
    assert str(error.value) == message


def test_match_that_takes_too_long_ends_the_state(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonpath_nodes, "MAX_SEARCH_SECONDS", 0.05)
    scope = Scope({"texts": ["a" * 60]})
    with pytest.raises(RuntimeFailure, match=r"regular expression /\(a\|aa\)\+b/ took too long"):
        compile_path("$.texts[?(@ =~ /(a|aa)+b/)]").evaluate(scope)


def test_error_names_the_field_of_a_missing_value() -> None:
    with pytest.raises(RuntimeFailure) as error:
        compile_path("$.b").read(Scope({"a": 1}), "value.$")
    assert error.value.error == "States.Runtime"
    assert error.value.cause == (
        "The JSONPath '$.b' specified for the field 'value.$' could not be found in the input '{\"a\":1}'"
    )
    with pytest.raises(RuntimeFailure) as error:
        compile_path("$.b").select(Scope({"a": 1}))
    assert error.value.cause == "Invalid path '$.b' : No results for path: $['b']"


@pytest.mark.parametrize(
    "path",
    [
        "a.b",
        "$.",
        "$..",
        "$.a[",
        "$.a[b]",
        "$.a[?(@.x ==)]",
        "$.a b",
        "",
        "$.a[:]",
        "$...a",
        "$['a',]",
        "$['a]",
    ],
)
def test_malformed_path_raises_path_syntax_error(path: str) -> None:
    with pytest.raises(PathSyntaxError):
        compile_path(path)


@pytest.mark.parametrize(
    ("path", "document", "expected"),
    [
        ("$", {"a": 1}, "new"),
        ("$.b", {"a": 1}, {"a": 1, "b": "new"}),
        ("$.a.b.c", {}, {"a": {"b": {"c": "new"}}}),
        ("$['a b']", {}, {"a b": "new"}),
        ("$.a[1]", {"a": [1, 2, 3]}, {"a": [1, "new", 3]}),
        ("$.a[0].b", {"a": [{}]}, {"a": [{"b": "new"}]}),
    ],
)
def test_reference_path_writes_value(path: str, document: Any, expected: Any) -> None:
    assert compile_reference_path(path).write(document, "new") == expected


@pytest.mark.parametrize(("path", "document"), [("$.a.b", {"a": 1}), ("$.a[3]", {"a": [1]}), ("$.a", [1])])
def test_unwritable_reference_path_raises_match_failure(path: str, document: Any) -> None:
    with pytest.raises(RuntimeFailure) as error:
        compile_reference_path(path).write(document, 1)
    assert error.value.error == "States.ResultPathMatchFailure"


@pytest.mark.parametrize("path", ["$.a[*]", "$..a", "$.a[0:1]", "$.a[?(@.b)]", "$$.a", "$.a.length()"])
def test_reference_path_must_be_definite_and_in_the_input(path: str) -> None:
    with pytest.raises(PathSyntaxError):
        compile_reference_path(path)


names = st.lists(st.sampled_from(["a", "b", "c d", "é"]), min_size=1, max_size=4)


@given(st.dictionaries(st.sampled_from(["a", "b"]), st.none() | st.integers() | st.just({"a": 1})), names)
def test_written_value_is_read_back_and_nothing_else_changes(
    document: dict[str, Any], route: list[str]
) -> None:
    path = "$" + "".join(f"['{name}']" for name in route)
    before = repr(document)
    try:
        written = compile_reference_path(path).write(document, "new")
    except RuntimeFailure:
        return
    assert compile_path(path).evaluate(Scope(written)) == "new"
    assert repr(document) == before
    assert {name: item for name, item in written.items() if name != route[0]} == {
        name: item for name, item in document.items() if name != route[0]
    }
