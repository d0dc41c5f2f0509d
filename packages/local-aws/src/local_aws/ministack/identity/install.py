"""Installation of the parts of IAM and Cognito."""

from __future__ import annotations

from collections.abc import Callable

from .policies import (
    authorize_connections,
    authorize_state_machines,
    authorize_transactions_once,
    cache_parsed_policies,
    match_line_feeds,
    name_callers_by_credentials,
)
from .sign_in import install_renewed_tokens


def install_identity(machine_of_task: Callable[[str], str | None]) -> None:
    """Evaluate policies as AWS does, and renew tokens with the groups of their user.

    machine_of_task: returns the state machine of a task token, None of an unknown one.
    """
    install_renewed_tokens()
    cache_parsed_policies()
    match_line_feeds()
    authorize_transactions_once()
    name_callers_by_credentials()
    authorize_state_machines(machine_of_task)
    authorize_connections()
