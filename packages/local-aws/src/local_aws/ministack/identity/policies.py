"""IAM: a cache of parsed policies, callers, transactions, and state machines and connections in policies."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable
from typing import Any

from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import _account_from_sts_session, get_account_id, get_region
from ministack.core.router import extract_access_key_id

from .role_permissions import missing_permission

# A deployment has a few policies for each function; a text is up to 10 KB.
_MAX_POLICIES = 4_096
_MAX_PATTERNS = 4_096
# The name of the sessions in which tasks of state machines call services.
_TASK_SESSION = "StepFunctions"


def cache_parsed_policies() -> None:
    """Parse each text of a policy once. A changed policy is another text, so the cache is never stale."""
    parse = iam_evaluator.parse_policy_document
    parse_text = functools.lru_cache(_MAX_POLICIES)(parse)

    def parse_cached(document: str | dict[str, Any]) -> Any:
        return parse_text(document) if isinstance(document, str) else parse(document)

    iam_evaluator.parse_policy_document = parse_cached


def match_line_feeds() -> None:
    """Match the wildcards of a policy with any character, as AWS does: the key of an object may have a line feed."""
    compile_pattern = iam_evaluator._fnmatch_compile

    @functools.lru_cache(_MAX_PATTERNS)
    def compile_for_any_text(pattern: str, ignore_case: bool) -> re.Pattern[str]:
        compiled = compile_pattern(pattern, ignore_case)
        # `$` matches before a line feed at the end, too.
        return re.compile(compiled.pattern.removesuffix("$") + r"\Z", compiled.flags | re.DOTALL)

    iam_evaluator._fnmatch_compile = compile_for_any_text


def authorize_transactions_once() -> None:
    """Evaluate each action on a table once for a transaction, whatever the number of its items.

    The request context is the same for all items of a transaction.
    """
    checks = iam_actions.dynamodb_transaction_checks
    iam_actions.dynamodb_transaction_checks = lambda *request: list(dict.fromkeys(checks(*request)))


def name_callers_by_credentials() -> None:
    """Return the ARN of the caller of a request without the policies of the caller.

    MiniStack resolves both for each request to any service, and the policies once more to evaluate them.
    """

    def caller_arn(headers: dict[str, str], query: dict[str, Any] | None = None) -> str:
        account = get_account_id()
        root = f"arn:aws:iam::{account}:root"
        access_key = extract_access_key_id(headers or {}, query or {})
        if not access_key:
            return root
        credential = iam_evaluator.resolve_credential(
            access_key, _account_from_sts_session(access_key) or account
        )
        return getattr(credential, "principal_arn", "") or root

    iam_evaluator.request_caller_arn = caller_arn


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


def authorize_connections() -> None:
    """Evaluate requests for an EventBridge connection against its ARN, and those of HTTP tasks by their own action.

    Step Functions reads a connection with DescribeConnection here. On AWS the role of its state machine needs
    events:RetrieveConnectionCredentials instead.
    """
    action_of, resource_of = iam_actions.extract_iam_action, iam_actions.extract_resource_arn

    def extract_action(
        service: str, method: str, path: str, headers: dict[str, str], body: bytes, *request: Any
    ) -> str | None:
        action: str | None = action_of(service, method, path, headers, body, *request)
        if action != "events:DescribeConnection":
            return action
        role, _, session = iam_evaluator.request_caller_arn(headers).rpartition("/")
        if not role.startswith("arn:aws:sts:") or session != _TASK_SESSION:
            return action
        retrieve = "events:RetrieveConnectionCredentials"
        return retrieve if missing_permission(role, (retrieve,), _connection_arn(body)) is None else action

    def extract_connection(
        service: str, method: str, path: str, headers: dict[str, str], body: bytes, *request: Any
    ) -> str:
        if service == "events" and headers.get("x-amz-target") == "AWSEvents.DescribeConnection":
            return _connection_arn(body)
        arn: str = resource_of(service, method, path, headers, body, *request)
        return arn

    iam_actions.extract_iam_action = extract_action
    iam_actions.extract_resource_arn = extract_connection


def _connection_arn(body: bytes) -> str:
    """Return the ARN of the connection in the body of a request."""
    try:
        name = json.loads(body)["Name"]
    except (ValueError, KeyError, TypeError):
        return "*"
    return f"arn:aws:events:{get_region()}:{get_account_id()}:connection/{name}"
