"""Credentials of execution roles for the Lambda runner, from the local stack's STS."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

from .lambda_runner import Credentials
from .settings import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY

# A session is shared while this many seconds of it remain: a sandbox that starts later would soon be replaced.
_MIN_REMAINING = 1800.0
_DURATION = 3600


class RoleSessions:
    """Assumes roles as the Lambda service does: one session per role and function, shared by its sandboxes."""

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url
        self._client: Any = None
        self._lock = threading.Lock()
        self._sessions: dict[tuple[str, str], Credentials] = {}

    async def assume(self, role_arn: str, session_name: str) -> Credentials:
        """Return credentials of a role. Raise PermissionError with the message of STS."""
        return await asyncio.to_thread(self.assume_now, role_arn, session_name)

    def assume_now(self, role_arn: str, session_name: str) -> Credentials:
        """Return credentials of a role. Raise PermissionError with the message of STS."""
        session_name = session_name[:64]
        with self._lock:
            session = self._sessions.get((role_arn, session_name))
            if session is not None and session.expires - time.time() > _MIN_REMAINING:
                return session
            try:
                response = self._sts().assume_role(
                    RoleArn=role_arn, RoleSessionName=session_name, DurationSeconds=_DURATION
                )["Credentials"]
            except ClientError as error:
                raise PermissionError(error.response["Error"].get("Message", str(error))) from error
            session = Credentials(
                response["AccessKeyId"],
                response["SecretAccessKey"],
                response["SessionToken"],
                response["Expiration"].timestamp(),
            )
            self._sessions[role_arn, session_name] = session
            return session

    def _sts(self) -> Any:
        if self._client is None:
            session = botocore.session.get_session()
            session.set_credentials(ACCESS_KEY_ID, SECRET_ACCESS_KEY)
            self._client = session.create_client(
                "sts",
                region_name=REGION,
                endpoint_url=self._endpoint_url,
                config=Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 2}),
            )
        return self._client
