"""Stripe's secret from AWS Secrets Manager, and the client that uses it.

The secret is a JSON object with the `api_key`. It is read again after five minutes, and at once when Stripe refuses the
key, so that it is rotated without a deployment.
"""

import json
import time
from collections.abc import Callable
from typing import Any

import stripe
from pydantic import BaseModel, ConfigDict, Field

TTL_SECONDS = 300.0
# Two calls in a row end within the 10 s of a function.
_CALL_SECONDS = 4


class Secret(BaseModel):
    """What is stored under the name of the secret."""

    model_config = ConfigDict(frozen=True)

    api_key: str = Field(min_length=1, repr=False)


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


class Access:
    """Calls of Stripe with the current key. http: the transport of Stripe's library, for one with other settings."""

    def __init__(self, secret: SecretCache, http: stripe.HTTPClient | None = None) -> None:
        self._secret = secret
        self._http = http or stripe.RequestsClient(timeout=_CALL_SECONDS)
        self._client: stripe.StripeClient | None = None
        self._key = ""

    def call(self, request: Callable[[stripe.StripeClient], Any]) -> Any:
        """Run a request; once more with the newest key if Stripe refuses the key, which it does before any effect."""
        try:
            return request(self._with_key(self._secret.get().api_key))
        except stripe.AuthenticationError:
            refused = self._key
            newest = self._secret.get(newest=True).api_key
            if newest == refused:
                raise
            return request(self._with_key(newest))

    def _with_key(self, key: str) -> stripe.StripeClient:
        if self._client is None or key != self._key:
            # No retries of the library's own: the timeouts would not fit into that of the function.
            self._client = stripe.StripeClient(key, http_client=self._http, max_network_retries=0)
            self._key = key
        return self._client
