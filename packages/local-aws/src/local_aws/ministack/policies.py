"""IAM: a cache of parsed policies, transactions, and the names of state machines in policies."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

from ministack.core import iam_actions, iam_evaluator

# A deployment has a few policies for each function; a text is up to 10 KB.
_MAX_POLICIES = 4_096


def cache_parsed_policies() -> None:
    """Parse each text of a policy once. A changed policy is another text, so the cache is never stale."""
    parse = iam_evaluator.parse_policy_document
    parse_text = functools.lru_cache(_MAX_POLICIES)(parse)

    def parse_cached(document: str | dict[str, Any]) -> Any:
        return parse_text(document) if isinstance(document, str) else parse(document)

    iam_evaluator.parse_policy_document = parse_cached


def authorize_transactions_once() -> None:
    """Evaluate each action on a table once for a transaction, whatever the number of its items.

    The request context is the same for all items of a transaction.
    """
    checks = iam_actions.dynamodb_transaction_checks
    iam_actions.dynamodb_transaction_checks = lambda *request: list(dict.fromkeys(checks(*request)))


def authorize_state_machines(machine_of_task: Callable[[str], str | None]) -> None:
    """Evaluate requests of Step Functions against the ARN of what they are about, as AWS does.

    A request for a version or alias is about its machine, one for a map run about that, and one with a task token about
    the machine of the task: `machine_of_task` returns it, None for a token of no execution.
    """
    extract = iam_actions.extract_resource_arn

    def extract_subject(
        service: str, method: str, path: str, headers: dict[str, str], body: bytes, *request: Any
    ) -> str:
        arn: str = extract(service, method, path, headers, body, *request)
        if service != "states":
            return arn
        if arn == "*" and b'"taskToken"' in body:
            return machine_of_task(json.loads(body)["taskToken"]) or arn
        if arn == "*" and b'"mapRunArn"' in body:
            return str(json.loads(body)["mapRunArn"])
        return ":".join(arn.split(":")[:7]) if ":stateMachine:" in arn else arn

    iam_actions.extract_resource_arn = extract_subject
