"""A cache of parsed IAM policies: each request evaluates all policies of its caller's role."""

from __future__ import annotations

import functools
from typing import Any

from ministack.core import iam_evaluator

# A deployment has a few policies for each function; a text is up to 10 KB.
_MAX_POLICIES = 4_096


def cache_parsed_policies() -> None:
    """Parse each text of a policy once. A changed policy is another text, so the cache is never stale."""
    parse = iam_evaluator.parse_policy_document
    parse_text = functools.lru_cache(_MAX_POLICIES)(parse)

    def parse_cached(document: str | dict[str, Any]) -> Any:
        return parse_text(document) if isinstance(document, str) else parse(document)

    iam_evaluator.parse_policy_document = parse_cached
