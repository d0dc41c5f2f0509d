"""Credentials of roles, assumed by sts:AssumeRole and cached until shortly before they expire."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.credentials import Credentials, ReadOnlyCredentials

_RENEW_BEFORE_SECONDS = 300
_DEFAULT_SECONDS = 3600

type Roles = tuple[str | None, str | None]
"""A state machine's role, and the role in a task's Credentials field."""

RoleCredentials = Callable[[str], Mapping[str, Any]]
"""Returns a role's AccessKeyId, SecretAccessKey, SessionToken and Expiration (a datetime) by its ARN."""


class ActingCredentials(Credentials):  # type: ignore[misc]
    """Credentials that each thread sets for its call, so that one client serves every role."""

    def __init__(self) -> None:
        super().__init__("unset", "unset")
        self._acting = threading.local()

    def act_as(self, credentials: ReadOnlyCredentials) -> None:
        self._acting.credentials = credentials

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        return self._acting.credentials


class ActingProvider:
    """The credential provider of botocore sessions."""

    def __init__(self, credentials: ActingCredentials):
        self.credentials = credentials

    def load_credentials(self) -> ActingCredentials:
        return self.credentials


@dataclass(slots=True)
class _Session:
    """A role's credentials and the epoch second at which to renew them."""

    credentials: ReadOnlyCredentials
    renew_at: float


class RoleSessions:
    """Cached credentials by roles. `assume` is called when there are none or they expire soon."""

    def __init__(self, assume: Callable[[Roles], Mapping[str, Any]]):
        self._assume = assume
        self._sessions: dict[Roles, _Session] = {}
        self._lock = threading.Lock()

    def credentials(self, roles: Roles) -> ReadOnlyCredentials:
        """Return the roles' credentials. Raises what `assume` raises."""
        with self._lock:
            session = self._sessions.get(roles)
        if session is None or session.renew_at <= time.time():
            session = _session(self._assume(roles))
            with self._lock:
                self._sessions[roles] = session
        return session.credentials

    def forget(self, roles: Roles) -> bool:
        """Drop credentials that a service rejected. Return False when there were none."""
        with self._lock:
            return self._sessions.pop(roles, None) is not None


def _session(keys: Mapping[str, Any]) -> _Session:
    expiration = keys.get("Expiration")
    expires_at = (
        expiration.timestamp() if isinstance(expiration, datetime) else time.time() + _DEFAULT_SECONDS
    )
    credentials = ReadOnlyCredentials(
        keys["AccessKeyId"], keys["SecretAccessKey"], keys.get("SessionToken"), None
    )
    return _Session(credentials, expires_at - _RENEW_BEFORE_SECONDS)
