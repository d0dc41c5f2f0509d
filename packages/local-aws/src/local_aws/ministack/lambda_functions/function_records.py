"""MiniStack's records of functions: conversion for the Lambda runner, code and state."""

from __future__ import annotations

import hashlib
from typing import Any

from ministack.services import lambda_svc

from ...lambda_runner import Archive, Function
from ..documents import State


def function_of(record: dict[str, Any], config: dict[str, Any]) -> Function:
    """Convert MiniStack's record of a function, or of a published version."""
    name, version = config["FunctionName"], config.get("Version", "$LATEST")
    code = record.get("code_zip") or b""
    return Function(
        arn=":".join(config["FunctionArn"].split(":")[:7]),
        name=name,
        version=version,
        handler=config["Handler"],
        runtime=config["Runtime"],
        role_arn=config["Role"],
        timeout=config.get("Timeout", 3),
        memory=config.get("MemorySize", 128),
        code=Archive(config.get("CodeSha256") or hashlib.sha256(code).hexdigest(), lambda: code),
        layers=tuple(_layer(attachment) for attachment in config.get("Layers") or ()),
        environment=tuple(sorted(((config.get("Environment") or {}).get("Variables") or {}).items())),
        log_group=(config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}",
        traced=(config.get("TracingConfig") or {}).get("Mode") == "Active",
    )


def _layer(attachment: str | dict[str, Any]) -> Archive:
    arn = attachment["Arn"] if isinstance(attachment, dict) else attachment
    *_, account, _, name, version = arn.split(":")
    layer, _error = lambda_svc._find_layer_version(
        name, int(version), account, arn.split(":")[3], include_deleted=True
    )
    digest = layer["Content"]["CodeSha256"] if layer else arn
    return Archive(digest, lambda: lambda_svc._resolve_layer_zip(attachment) or b"")


_prune_code = lambda_svc._prune_orphan_code_blobs


def keep_code() -> None:
    """Stop MiniStack from deleting the code of old revisions when it collects its state.

    Until the new revision is in the journal, a restart needs the old one.
    """
    lambda_svc._prune_orphan_code_blobs = lambda _: None


def delete_old_code() -> None:
    """Delete the code that no function refers to. Call it when the state is restored."""
    lambda_svc._prune_orphan_code_blobs = _prune_code
    try:
        lambda_svc.get_state()
    finally:
        keep_code()


def metadata() -> State:
    """Return Lambda's state without the positions in streams."""
    state: State = lambda_svc.get_state()
    del state["dynamodb_stream_positions"]
    return state
