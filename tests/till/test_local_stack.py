"""Settings of the local AWS from environment variables."""

from pathlib import Path

import pytest
from local_aws import CannotStart

from till.local_stack import PROJECT, choose_port, state_folder


@pytest.mark.parametrize("value", ["abc", "0", "99999", "-1", "45.6"])
def test_invalid_port_raises_cannot_start(value: str) -> None:
    with pytest.raises(CannotStart, match=f"TILLFLOW_PORT must be a port from 1 to 65535; got '{value}'"):
        choose_port({"TILLFLOW_PORT": value})


def test_folder_has_a_default() -> None:
    assert state_folder({}).path == PROJECT / ".local"


def test_first_free_port_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local_aws.supervisor.is_free", lambda port: port >= 4568)
    assert choose_port({}) == 4568
    assert choose_port({"TILLFLOW_PORT": "4566"}) == 4566


def test_variables_set_port_and_folder(tmp_path: Path) -> None:
    assert choose_port({"TILLFLOW_PORT": "4570"}) == 4570
    assert state_folder({"TILLFLOW_HOME": str(tmp_path)}).path == tmp_path
