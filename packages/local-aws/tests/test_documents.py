"""Configuration in the journal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from local_aws.journal import Journal
from local_aws.ministack.documents import Documents


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
