"""Stripe's secret from AWS Secrets Manager.

The secret is a JSON object: `api_key`, and `webhook_secrets`, a list of the signing secrets that are accepted. It is
read again after five minutes, and at once when Stripe refuses the key, so that it is rotated without a deployment.
"""

import json
import time
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

TTL_SECONDS = 300.0


class Secret(BaseModel):
    """What is stored under the name of the secret."""

    model_config = ConfigDict(frozen=True)

    api_key: str = Field(min_length=1, repr=False)
    webhook_secrets: tuple[str, ...] = Field(default=(), repr=False)


class SecretCache:
    """A secret by name, read again after TTL_SECONDS. secrets: a client of Secrets Manager."""

    def __init__(self, secrets: Any, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._secrets = secrets
        self._name = name
        self._clock = clock
        self._secret: Secret | None = None
        self._read_at = 0.0

    def get(self, newest: bool = False) -> Secret:
        """Return the secret; `newest` reads it whatever its age."""
        now = self._clock()
        if newest or self._secret is None or now - self._read_at >= TTL_SECONDS:
            response = self._secrets.get_secret_value(SecretId=self._name)
            self._secret = Secret.model_validate(json.loads(response["SecretString"]))
            self._read_at = now
        return self._secret
