"""IAM policies: a cache of parsed ones, and the names of state machines in them."""

from __future__ import annotations

import functools
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


def authorize_unqualified_state_machines() -> None:
    """Evaluate requests for a version or alias of a state machine against the machine's ARN, as AWS does."""
    extract = iam_actions.extract_resource_arn

    def extract_unqualified(service: str, *request: Any) -> str:
        arn: str = extract(service, *request)
        return ":".join(arn.split(":")[:7]) if service == "states" and ":stateMachine:" in arn else arn

    iam_actions.extract_resource_arn = extract_unqualified
