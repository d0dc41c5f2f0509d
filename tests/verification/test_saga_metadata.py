"""The grammar of docs/saga-metadata.md: what is accepted, and that everything else is refused."""

from typing import Any

import pytest

from till.saga_metadata import (
    Exemption,
    MetadataError,
    Step,
    parse_exemption,
    parse_step,
    prose,
    require_none,
)


def task(comment: str) -> dict[str, Any]:
    return {"Type": "Task", "Comment": comment}


@pytest.mark.parametrize(
    ("comment", "step"),
    [
        ("[compensatable; undo=ReleaseStock] Reserve.", Step("compensatable", "ReleaseStock")),
        ("[compensatable; no-effect]", Step("compensatable", has_effect=False)),
        ("[forward; no-effect] Read.", Step("forward", has_effect=False)),
        ("[pivot] [case] is prose here.", Step("pivot")),
        ("[inquiry] Ask.", Step("inquiry")),
        ("[compensation] Undo.", Step("compensation")),
        ("[case] Wait.", Step("case")),
    ],
)
def test_step_is_parsed(comment: str, step: Step) -> None:
    assert parse_step(task(comment)) == step


@pytest.mark.parametrize(
    "comment",
    [
        "",
        "Pivot. Take the money.",
        " [pivot] Take the money.",
        "[]",
        "[Pivot]",
        "[pivots]",
        "[pivot]Take the money.",
        "[pivot",
        "[pivot=x]",
        "[pivot; pivot]",
        "[pivot; case]",
        "[pivot; no-effect]",
        "[pivot;case]",
        "[pivot; note=x]",
        "[compensatable]",
        "[compensatable; undo]",
        "[compensatable; undo=A,B]",
        "[compensatable; undo=A; no-effect]",
        "[compensatable; no-effect=yes]",
        "[undo=A; compensatable]",
        "[forward; undo=A]",
        "[compensation; undo=A]",
        "[exempt=reverse]",
    ],
)
def test_malformed_step_is_refused(comment: str) -> None:
    with pytest.raises(MetadataError):
        parse_step(task(comment))


def test_pass_may_be_a_step_and_other_states_may_not() -> None:
    assert parse_step({"Type": "Pass", "Comment": "[forward]"}) == Step("forward")
    assert parse_step({"Type": "Pass"}) is None
    assert parse_step({"Type": "Choice", "Comment": "Which way."}) is None
    with pytest.raises(MetadataError):
        parse_step({"Type": "Choice", "Comment": "[forward]"})


def test_exemption_is_parsed() -> None:
    catch = {"Comment": "[exempt=reverse; errors=A,B] Why.", "ErrorEquals": ["B", "A"], "Next": "X"}
    assert parse_exemption(catch) == Exemption("reverse", ("A", "B"))
    assert parse_exemption({"Comment": "[exempt=reverse]", "Next": "X"}) == Exemption("reverse")
    assert parse_exemption({"Comment": "It had no effect.", "ErrorEquals": ["A"], "Next": "X"}) is None
    assert parse_exemption({"ErrorEquals": ["A"], "Next": "X"}) is None


@pytest.mark.parametrize(
    "comment",
    [
        "[exempt=reverse]",
        "[exempt; errors=A]",
        "[exempt=order; errors=A]",
        "[exempt=reverse,order; errors=A]",
        "[exempt=reverse; errors=B]",
        "[exempt=reverse; errors=A,B]",
        "[errors=A]",
        "[no-effect]",
        "[exempt=reverse; errors=A; undo=B]",
    ],
)
def test_malformed_exemption_of_a_catch_is_refused(comment: str) -> None:
    with pytest.raises(MetadataError):
        parse_exemption({"Comment": comment, "ErrorEquals": ["A"], "Next": "X"})


def test_exemption_of_a_choice_rule_takes_no_errors() -> None:
    with pytest.raises(MetadataError):
        parse_exemption({"Comment": "[exempt=reverse; errors=A]", "Condition": "{% true %}", "Next": "X"})


def test_metadata_is_refused_where_none_is_allowed() -> None:
    require_none({"Comment": "Prose."})
    with pytest.raises(MetadataError):
        require_none({"Comment": "[forward] Prose."})


def test_prose_is_what_follows_the_metadata() -> None:
    assert prose("[pivot] Take the money.") == "Take the money."
    assert prose("[pivot]") == ""
    assert prose("Take [some of] the money.") == "Take [some of] the money."
