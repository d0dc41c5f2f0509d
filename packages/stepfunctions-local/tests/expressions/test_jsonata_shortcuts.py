"""Paths that are read without an evaluation have the value of an evaluation."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stepfunctions_local.expressions import Scope
from stepfunctions_local.expressions.jsonata import compile_expression
from stepfunctions_local.expressions.jsonata.compiler import compile_tree
from stepfunctions_local.expressions.jsonata.parser import Parser
from stepfunctions_local.expressions.jsonata.runtime import Frame, Run
from stepfunctions_local.expressions.jsonata.tree import TreeBuilder

NAMES = ["a", "b", "c"]
documents = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from([1.0, 0.5]) | st.sampled_from(["", "x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=12,
)
routes = st.lists(st.sampled_from(NAMES), min_size=1, max_size=4)


@given(documents, routes)
def test_evaluation_in_scope_equals_evaluation_of_bindings(document: Any, route: list[str]) -> None:
    for root in ("$states.input", "$v"):
        expression = compile_expression(".".join([root, *route]))
        scope = Scope(document, {}, {"v": document})
        assert repr(expression.evaluate_in(scope)) == repr(expression.evaluate(scope.bindings()))


@given(documents, routes)
def test_plain_path_equals_general_path(document: Any, route: list[str]) -> None:
    run = Run()
    for text in (".".join(["$v", *route]), ".".join(route)):
        tree = TreeBuilder().build(Parser(text).parse())
        quick = compile_tree(tree)
        # A first step in parentheses disables the shortcut.
        first, dot, rest = text.partition(".")
        slow = compile_tree(TreeBuilder().build(Parser(f"({first}){dot}{rest}").parse()))
        if document is not None and not isinstance(document, list):
            frame = Frame({"v": document}, None, run)
            assert repr(quick(document, frame)) == repr(slow(document, frame))
