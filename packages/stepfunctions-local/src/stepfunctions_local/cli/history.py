"""`history`: print the history of an execution."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from .errors import CommandError

_DETAILS = ("name", "resource", "error", "cause", "output")
_MAX_TEXT = 100


def add_parser(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the command's parser."""
    parser = commands.add_parser(
        "history", help="Print an execution's history.", description="Print the history of an execution."
    )
    parser.add_argument("execution_arn", metavar="ARN", help="Execution ARN.")
    parser.add_argument("--endpoint-url", default="http://127.0.0.1:8083", help="URL of the engine.")
    parser.add_argument("--json", action="store_true", help="Print the events as JSON.")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the events of an execution."""
    try:
        events = list(_events(arguments.execution_arn, arguments.endpoint_url))
    except (BotoCoreError, ClientError) as error:
        raise CommandError(str(error)) from None
    if arguments.json:
        sys.stdout.write(json.dumps(events, indent=2, default=datetime.isoformat) + "\n")
        return 0
    start = events[0]["timestamp"]
    for event in events:
        seconds = (event["timestamp"] - start).total_seconds()
        sys.stdout.write(
            f"{event['id']:5} {seconds:10.3f} {event['type']:<28} {_details(event)}".rstrip() + "\n"
        )
    return 0


def _events(execution_arn: str, endpoint_url: str) -> Iterator[dict[str, Any]]:
    session = botocore.session.get_session()
    if session.get_credentials() is None:
        session.set_credentials("test", "test")
    region = execution_arn.split(":")[3] if execution_arn.count(":") > 3 else "us-east-1"
    client = session.create_client(
        "stepfunctions",
        region_name=region,
        endpoint_url=endpoint_url,
        config=Config(retries={"total_max_attempts": 1}),
    )
    pages = client.get_paginator("get_execution_history").paginate(executionArn=execution_arn)
    for page in pages:
        yield from page["events"]


def _details(event: Mapping[str, Any]) -> str:
    """Return the most important values of an event's details."""
    details: Mapping[str, Any] = next(
        (value for key, value in event.items() if key.endswith("EventDetails")), {}
    )
    texts = (str(details[name]) for name in _DETAILS if details.get(name))
    return "  ".join(text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}…" for text in texts)
