"""Calls of Stripe with the key of the secret."""

from collections.abc import Callable
from typing import Any

import requests
import stripe

from payments.stripe_adapter.secret import SecretCache

# Two calls in a row end within the 10 s of a function.
_CALL_SECONDS = 4


def transport() -> stripe.HTTPClient:
    """Return the transport of Stripe's library, which calls Stripe's own address alone.

    It follows no redirects: each could repeat an effect. It uses no proxy and no .netrc of the environment.
    """
    session = requests.Session()
    session.max_redirects = 0
    session.trust_env = False
    return stripe.RequestsClient(timeout=_CALL_SECONDS, session=session)


class Access:
    """Calls of Stripe with the current key. http: the transport of Stripe's library, for one with other settings."""

    def __init__(self, secret: SecretCache, http: stripe.HTTPClient | None = None) -> None:
        self._secret = secret
        self._http = http or transport()
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
