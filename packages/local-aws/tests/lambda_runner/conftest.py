"""A Lambda runner without AWS: functions are zips made in the test, logs are kept in memory."""

from __future__ import annotations

import hashlib
import io
import json
import time
import uuid
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from local_aws.lambda_runner import (
    Archive,
    Credentials,
    Function,
    LambdaRunner,
    LogEvent,
    Outcome,
    PackageStore,
    Platform,
    ProcessStarter,
    Request,
)

from ..support import LAMBDA_PYTHON


def archive(files: dict[str, str]) -> Archive:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        for name, text in files.items():
            zipped.writestr(name, text)
    data = buffer.getvalue()
    return Archive(hashlib.sha256(json.dumps(files).encode()).hexdigest(), lambda: data)


def function(source: str, **changes: Any) -> Function:
    settings: dict[str, Any] = {
        "arn": "arn:aws:lambda:eu-west-1:000000000000:function:under-test",
        "name": "under-test",
        "version": "$LATEST",
        "handler": "app.handler",
        "runtime": "python3.13",
        "role_arn": "arn:aws:iam::000000000000:role/under-test",
        "timeout": 10,
        "memory": 256,
        "code": archive({"app.py": source}),
        "log_group": "/aws/lambda/under-test",
    }
    return Function(**settings | changes)


@dataclass
class Bench:
    """A runner, its logs and the roles that it assumed."""

    runner: LambdaRunner
    logs: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    assumed: list[str] = field(default_factory=list)

    def invoke(self, target: Function, event: Any = None, **request: Any) -> Outcome:
        settings = {"request_id": str(uuid.uuid4()), "payload": json.dumps(event).encode()} | request
        return self.runner.invoke(target, Request(**settings))

    def response(self, target: Function, event: Any = None, **request: Any) -> Any:
        outcome = self.invoke(target, event, **request)
        assert outcome.function_error is None, outcome
        return json.loads(outcome.payload)

    def error(self, target: Function, event: Any = None) -> dict[str, Any]:
        outcome = self.invoke(target, event)
        assert outcome.function_error == "Unhandled", outcome
        payload: dict[str, Any] = json.loads(outcome.payload)
        return payload


@pytest.fixture(params=["alone", "forked"])
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Bench]:
    """Run each test with processes of their own, and with forked processes."""
    monkeypatch.setenv("DEVELOPER_VARIABLE", "not for handlers")
    logs: dict[str, list[str]] = defaultdict(list)
    assumed: list[str] = []

    async def assume(role_arn: str, session: str) -> Credentials:
        if role_arn.endswith("/forbidden"):
            raise PermissionError("not authorized to perform: sts:AssumeRole")
        assumed.append(role_arn)
        return Credentials(f"ASIA{len(assumed)}", "secret", "token", time.time() + 3600)

    def write(group: str, stream: str, events: list[LogEvent]) -> None:
        logs[group].extend(event.message for event in events)

    processes = ProcessStarter(("json",) if request.param == "forked" else ())
    platform = Platform(LAMBDA_PYTHON, "http://127.0.0.1:1", PackageStore(tmp_path), assume, write, processes)
    runner = LambdaRunner(platform)
    yield Bench(runner, logs, assumed)
    runner.close()
