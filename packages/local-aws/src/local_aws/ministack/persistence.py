"""State on disk: restore it when MiniStack starts, and write changes to the journal before their responses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from ministack import app

from ..journal import Journal
from . import metrics
from .documents import Documents, State
from .dynamodb import tables
from .eventbridge.events import drop_old_events
from .identity import sessions
from .lambda_functions import function_records
from .logs import groups
from .operations import changes_configuration
from .restart import fail_interrupted_deployments
from .sqs import queues

_EVENTS_LIMIT = 1_000

type Response = tuple[int, dict[str, str], bytes]
type Handler = Callable[[str, str, dict[str, str], bytes, dict[str, Any]], Awaitable[Response]]


def application() -> Any:
    """Return MiniStack's ASGI application."""
    return app.app


class Persistence:
    """Installs the journal in MiniStack. Create it before MiniStack's application starts."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._documents = Documents(
            journal,
            {
                "cloudwatch": metrics.metadata,
                "cloudwatch_logs": groups.metadata,
                "dynamodb": tables.metadata,
                "lambda": function_records.metadata,
                "sqs": queues.metadata,
            },
        )
        self._stack_statuses: tuple[str, ...] = ()
        function_records.keep_code()
        tables.install_items(journal)
        tables.install_streams(journal)
        queues.install_messages(journal)
        groups.install_log_events(journal)
        metrics.install_metrics(journal)
        sessions.install_sessions(journal)
        app.load_state = self._load
        app.save_all = lambda _: self._documents.save_all()
        for service, handler in app.SERVICE_HANDLERS.items():
            app.SERVICE_HANDLERS[service] = self._journaled(service, handler)

    def clean_up(self) -> None:
        """Delete files that the restored state does not refer to."""
        function_records.delete_old_code()

    def maintain(self) -> None:
        """Write configuration that changed outside of requests, and drop old events and data points of metrics."""
        drop_old_events(_EVENTS_LIMIT)
        with self._journal.group():
            metrics.drop_old_points()
        self._documents.save_all(unchanged=self._unchanged())

    def _unchanged(self) -> tuple[str, ...]:
        """Return CloudFormation unless it deploys, or has ended a deployment since the last request to it.

        Its templates and resources are most of all configuration: requests would wait for a copy of them.
        """
        has_ended = self._deployment_ended()
        return () if has_ended or is_deploying(self._stack_statuses) else ("cloudformation",)

    def _load(self, service: str) -> State | None:
        state = self._documents.load(service)
        if state is None:
            return None
        if service == "dynamodb":
            tables.add_items(self._journal, state)
        elif service == "sqs":
            queues.add_messages(self._journal, state)
        elif service == "cloudwatch_logs":
            groups.add_streams(self._journal, state)
        elif service == "cloudformation":
            fail_interrupted_deployments(state)
        return state

    def _journaled(self, service: str, handler: Handler) -> Handler:
        """Return a handler that responds after its changes are in the journal."""
        state_key = _state_key(service)

        async def handle(
            method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
        ) -> Response:
            with self._journal.group():
                response = await handler(method, path, headers, body, query)
                if service == "cloudformation" and self._deployment_ended():
                    self._documents.save_all()
                elif state_key is not None and changes_configuration(
                    service, method, path, headers, body, query
                ):
                    self._documents.save(state_key)
                return response

        return handle

    def _deployment_ended(self) -> bool:
        """Return whether the status of a CloudFormation stack has changed since the last call."""
        from ministack.services import cloudformation

        statuses = tuple(stack.get("StackStatus", "") for stack in cloudformation._stacks.all_values())
        changed = statuses != self._stack_statuses
        self._stack_statuses = statuses
        return changed


def is_deploying(statuses: Iterable[str]) -> bool:
    """Return whether an operation on one of the stacks with these statuses runs."""
    return any(status.endswith("_IN_PROGRESS") for status in statuses)


def _state_key(service: str) -> str | None:
    """Return the name of a service's state; None for a service without state of MiniStack."""
    module = app.SERVICE_REGISTRY[service]["module"]
    if module == "stepfunctions":
        return None
    return next((key for key, name in app._state_map.items() if name == module), None)
