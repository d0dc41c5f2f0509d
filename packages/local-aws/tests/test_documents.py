"""Configuration in the journal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ministack.core.responses import AccountRegionScopedDict
from ministack.services import cloudformation

from local_aws.journal import Journal
from local_aws.ministack.documents import Documents
from local_aws.ministack.persistence import Persistence


def test_state_that_changes_while_it_is_copied_is_copied_anew(tmp_path: Path) -> None:
    """A nested stack adds functions on a thread of its own."""
    functions = {"a": 1, "b": 2}
    added = iter([("c", 3)])

    def state() -> dict[str, Any]:
        copy = {}
        for name, function in functions.items():
            copy[name] = function
            functions.update(added)
        return copy

    journal = Journal(tmp_path / "journal.sqlite")
    Documents(journal, {"lambda": state}).save("lambda")
    assert Documents(journal, {"lambda": dict}).load("lambda") == {"a": 1, "b": 2, "c": 3}


def test_other_failure_to_copy_a_state_is_raised(tmp_path: Path) -> None:
    def state() -> dict[str, Any]:
        raise RuntimeError("no copy")

    with pytest.raises(RuntimeError, match="no copy"):
        Documents(Journal(tmp_path / "journal.sqlite"), {"lambda": state}).save("lambda")


def test_services_that_are_unchanged_are_not_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    services = ("cloudformation", "iam", "lambda", "stepfunctions")
    monkeypatch.setattr("ministack.app._build_persistence_save_dict", lambda: dict.fromkeys(services))
    saved: list[str] = []
    documents = Documents(Journal(tmp_path / "journal.sqlite"), {})
    monkeypatch.setattr(documents, "save", saved.append)
    documents.save_all(unchanged=("cloudformation",))
    assert saved == ["iam", "lambda"]


@pytest.mark.parametrize(
    ("before", "now", "unchanged"),
    [
        (["CREATE_COMPLETE"], ["CREATE_COMPLETE"], ("cloudformation",)),
        (["UPDATE_IN_PROGRESS"], ["UPDATE_IN_PROGRESS"], ()),
        (["UPDATE_IN_PROGRESS"], ["UPDATE_COMPLETE"], ()),
        (["CREATE_COMPLETE"], [], ()),
    ],
)
def test_cloudformation_is_unchanged_between_deployments(
    monkeypatch: pytest.MonkeyPatch, before: list[str], now: list[str], unchanged: tuple[str, ...]
) -> None:
    persistence = Persistence.__new__(Persistence)
    persistence._stack_statuses = tuple(before)
    stacks = AccountRegionScopedDict()
    stacks._data = {
        ("account", "region", str(number)): {"StackStatus": one} for number, one in enumerate(now)
    }
    monkeypatch.setattr(cloudformation, "_stacks", stacks)
    assert persistence._unchanged() == unchanged
