"""The address of a stack for containers."""

from __future__ import annotations

import sys

import pytest

from local_aws import RunningStack, containers


def test_bridge_address_is_that_of_the_interface(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "_BRIDGES", ("no-such-bridge", "lo"))
    assert containers.bridge_address() == ("127.0.0.1" if sys.platform == "linux" else None)


def test_without_a_bridge_containers_have_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "_BRIDGES", ("no-such-bridge",))
    monkeypatch.setattr(sys, "platform", "linux")
    assert containers.container_host(containers.bridge_address()) is None


def test_other_systems_forward_a_name_to_the_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    host = containers.container_host(containers.bridge_address())
    assert RunningStack(1, 4566, (), host).container_endpoint == "http://host.docker.internal:4566"
