"""A Stripe in this process: PaymentIntents captured by hand, refunds, idempotency keys and events, by Stripe's public
rules (https://docs.stripe.com/api).

`FakeStripe.handle` responds to an HTTP request; `transport()` puts it behind Stripe's own library, without a socket.
"""

import copy
import hashlib
import hmac
import json
import re
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import stripe

from verification.harness.stripe_cards import BEHAVIOURS, PAYMENT_METHODS, THREE_D_SECURE
from verification.harness.stripe_http import (
    Lost,
    Refusal,
    check_amount,
    created_between,
    page_of,
    parsed,
    response_of,
)

KEY_SECONDS = 24 * 3600
AUTHORISATION_SECONDS = 7 * 24 * 3600
ANSWER_SECONDS = 10 * 24 * 3600
KEY = "sk_test_fake"
WEBHOOK_SECRET = "whsec_fake"

_REFUSED = {"capture_intent": "capture_refused", "cancel_intent": "void_refused"}
_CANCELLABLE = ("requires_payment_method", "requires_confirmation", "requires_action", "requires_capture")
_NOT_REFUNDABLE = ("needs_response", "under_review", "lost")
"""The disputes whose money is withdrawn. An inquiry's charge can still be refunded."""

Plan = str | Callable[[], object]
"""What happens in a call: "lost before" or "lost after" the effect, "500 after", "429", or a call made meanwhile."""


class FakeStripe:
    """State of one Stripe account. clock: seconds since the epoch; plans: what happens in calls, by operation."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.plans: defaultdict[str, list[Plan]] = defaultdict(list)
        self.key = KEY
        self.requests: list[str] = []
        self.clear()

    def clear(self) -> None:
        self.intents: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self._saved: dict[str, tuple[float, str, int, bytes]] = {}
        self._in_flight: set[str] = set()
        self._called: set[tuple[str, ...]] = set()
        self._ids = 0

    def transport(self) -> stripe.HTTPClient:
        """Return a transport of Stripe's library that calls this account."""
        return _Transport(self)

    def handle(
        self, method: str, url: str, headers: Mapping[str, str], body: str | None
    ) -> tuple[int, bytes]:
        """Return the status and the body of a request. Lost when the client gets no response."""
        parts = urlsplit(url)
        sent = {name.lower(): value for name, value in headers.items()}
        text = body or parts.query
        self.requests.append(f"{method.upper()} {parts.path}")
        if sent.get("authorization") != f"Bearer {self.key}":
            return response_of(
                401, {"error": {"type": "invalid_request_error", "message": "Invalid API Key"}}
            )
        key = sent.get("idempotency-key", "")
        if method.upper() != "POST" or not key:
            return self._run(method.upper(), parts.path, text)
        return self._once(key, parts.path, text)

    def signed(self, event: Mapping[str, Any], secret: str = WEBHOOK_SECRET, at: float | None = None) -> Any:
        """Return the body of an event's delivery and its Stripe-Signature header."""
        payload = json.dumps(event, indent=2)
        moment = int(self.clock() if at is None else at)
        digest = hmac.new(secret.encode(), f"{moment}.{payload}".encode(), hashlib.sha256).hexdigest()
        return payload.encode(), f"t={moment},v1={digest}"

    def fail_refund(self, refund_id: str) -> None:
        """Let a refund that was accepted fail later, as when the card's account is closed."""
        refund = self.refunds[refund_id]
        refund |= {"status": "failed", "failure_reason": "expired_or_canceled_card"}
        self._count_refunds(self.intents[refund["payment_intent"]])
        self._publish("refund.failed", refund)

    def dispute(self, intent_id: str, status: str = "needs_response") -> str:
        """Let the cardholder dispute a payment at the bank, or the bank decide the dispute; return the dispute's id.

        status: of a new dispute `needs_response`, of an inquiry `warning_needs_response`; then `under_review`, `won`,
        `lost`, or `warning_closed`.
        """
        intent = self.intents[intent_id]
        dispute = intent["latest_charge"].get("dispute")
        kind = "created" if not dispute else "updated" if status == "under_review" else "closed"
        dispute = dispute or {
            "id": self._new_id("dp"),
            "object": "dispute",
            "amount": intent["amount_received"],
            "charge": intent["latest_charge"]["id"],
            "created": int(self.clock()),
            "currency": intent["currency"],
            "evidence_details": {"due_by": int(self.clock()) + ANSWER_SECONDS},
            # Nothing of the charge's own.
            "metadata": {},
            "payment_intent": intent_id,
            "reason": "fraudulent",
        }
        intent["latest_charge"]["dispute"] = dispute = dispute | {"status": status}
        self._publish(f"charge.dispute.{kind}", dispute)
        return str(dispute["id"])

    def confirm_action(self, intent_id: str) -> None:
        """Let the cardholder confirm a payment at the bank."""
        self._hold(self.intents[intent_id])

    def save(self) -> Any:
        return copy.deepcopy((self.intents, self.refunds, self.events, self._saved, self._called, self._ids))

    def restore(self, saved: Any) -> None:
        self.intents, self.refunds, self.events, self._saved, self._called, self._ids = copy.deepcopy(saved)

    def _once(self, key: str, path: str, text: str) -> tuple[int, bytes]:
        now, request = self.clock(), f"{path}?{text}"
        if key in self._in_flight:
            return response_of(
                409,
                {
                    "error": {
                        "type": "idempotency_error",
                        "code": "idempotency_key_in_use",
                        "message": "in use",
                    }
                },
            )
        if key in self._saved and now - self._saved[key][0] < KEY_SECONDS:
            _, first, status, body = self._saved[key]
            if first != request:
                message = "Keys for idempotent requests can only be used with the same parameters"
                return response_of(400, {"error": {"type": "idempotency_error", "message": message}})
            return status, body
        self._in_flight.add(key)
        try:
            return self._run("POST", path, text, key)
        finally:
            self._in_flight.discard(key)

    def _run(self, method: str, path: str, text: str, key: str = "") -> tuple[int, bytes]:
        run, arguments = _route(method, path)
        operation = run.__name__.removeprefix("_")
        plan = self._planned(operation, arguments)
        if plan == "429":
            return response_of(429, {"error": {"type": "invalid_request_error", "code": "rate_limit"}})
        if plan == "lost before":
            raise Lost
        if callable(plan):
            plan()
        saved = True
        try:
            if plan == "refused":
                raise Refusal(400, "invalid_request_error", _REFUSED[operation], "refused")
            status, response = 200, run(self, parsed(text), *arguments)
        except Refusal as refusal:
            status, response, saved = refusal.status, refusal.body, refusal.saved
        if plan == "500 after":
            status, response = 500, {"error": {"type": "api_error", "message": "unexpected"}}
        sent = response_of(status, response)
        if key and saved:
            self._saved[key] = (self.clock(), f"{path}?{text}", *sent)
        if plan == "lost after":
            raise Lost
        return sent

    def _planned(self, operation: str, arguments: tuple[str, ...]) -> Plan | None:
        if self.plans[operation]:
            return self.plans[operation].pop(0)
        intent = self.intents.get(arguments[0]) if arguments else None
        behaviour = BEHAVIOURS.get(intent["payment_method"], {}).get(operation) if intent else None
        first = (operation, *arguments) not in self._called
        self._called.add((operation, *arguments))
        return behaviour if first or behaviour == "refused" else None

    def _create_intent(self, params: dict[str, Any]) -> dict[str, Any]:
        amount, currency = int(params["amount"]), params["currency"]
        check_amount(amount, currency)
        method = params["payment_method"]
        if method not in {*PAYMENT_METHODS, *BEHAVIOURS, *THREE_D_SECURE}:
            raise Refusal(
                400,
                "invalid_request_error",
                "resource_missing",
                f"No such PaymentMethod: '{method}'",
                param="payment_method",
                saved=False,
            )
        intent = {
            "id": self._new_id("pi"),
            "object": "payment_intent",
            "amount": amount,
            "amount_capturable": 0,
            "amount_received": 0,
            "cancellation_reason": None,
            "capture_method": params["capture_method"],
            "created": int(self.clock()),
            "currency": currency,
            "last_payment_error": None,
            "latest_charge": None,
            "metadata": params.get("metadata", {}),
            "next_action": None,
            "payment_method": method,
            "status": "requires_confirmation",
        }
        self.intents[intent["id"]] = intent
        return copy.deepcopy(intent)

    def _confirm_intent(self, params: dict[str, Any], intent_id: str) -> dict[str, Any]:
        intent = self._intent(intent_id)
        if intent["status"] not in ("requires_confirmation", "requires_payment_method"):
            raise _unexpected_state(intent)
        code, decline = PAYMENT_METHODS.get(intent["payment_method"], ("", ""))
        if intent["payment_method"] in THREE_D_SECURE:
            if "return_url" in params:
                url = f"https://hooks.stripe.com/3d_secure/{intent_id}"
                action = {
                    "type": "redirect_to_url",
                    "redirect_to_url": {"url": url, "return_url": params["return_url"]},
                }
                intent |= {"status": "requires_action", "next_action": action}
                self._publish("payment_intent.requires_action", intent)
                return copy.deepcopy(intent)
            code = decline = "authentication_required"
        if code:
            error = {"type": "card_error", "code": code, "decline_code": decline, "message": "declined"}
            intent |= {"status": "requires_payment_method", "last_payment_error": error}
            self._publish("payment_intent.payment_failed", intent)
            raise Refusal(
                402,
                "card_error",
                code,
                "declined",
                decline_code=decline,
                payment_intent=copy.deepcopy(intent),
            )
        self._hold(intent)
        return copy.deepcopy(intent)

    def _hold(self, intent: dict[str, Any]) -> None:
        expires_at = int(self.clock()) + AUTHORISATION_SECONDS
        intent["latest_charge"] = {
            "id": self._new_id("ch"),
            "object": "charge",
            "captured": False,
            "amount_refunded": 0,
            "payment_method_details": {"card": {"brand": "visa", "capture_before": expires_at}},
        }
        intent |= {"status": "requires_capture", "amount_capturable": intent["amount"], "next_action": None}
        self._publish("payment_intent.amount_capturable_updated", intent)

    def _capture_intent(self, params: dict[str, Any], intent_id: str) -> dict[str, Any]:
        intent = self._intent(intent_id)
        if intent["status"] != "requires_capture":
            raise _unexpected_state(intent)
        amount = int(params.get("amount_to_capture", intent["amount"]))
        if amount > intent["amount_capturable"]:
            raise Refusal(
                400, "invalid_request_error", "amount_too_large", "greater than the capturable amount"
            )
        intent["latest_charge"]["captured"] = True
        intent |= {"status": "succeeded", "amount_received": amount, "amount_capturable": 0}
        self._publish("payment_intent.succeeded", intent)
        return copy.deepcopy(intent)

    def _cancel_intent(self, params: dict[str, Any], intent_id: str) -> dict[str, Any]:
        intent = self._intent(intent_id)
        if intent["status"] not in _CANCELLABLE:
            raise _unexpected_state(intent)
        reason = params.get("cancellation_reason")
        intent |= {"status": "canceled", "amount_capturable": 0, "cancellation_reason": reason}
        self._publish("payment_intent.canceled", intent)
        return copy.deepcopy(intent)

    def _retrieve_intent(self, params: dict[str, Any], intent_id: str) -> dict[str, Any]:
        intent, question = self._intent(intent_id), ("confirmed?", intent_id)
        if intent["status"] == "requires_action" and intent["payment_method"] == "pm_fake_confirmedLate":
            if question in self._called:
                self.confirm_action(intent_id)
            self._called.add(question)
        return copy.deepcopy(intent)

    def _list_intents(self, params: dict[str, Any]) -> dict[str, Any]:
        first, last = created_between(params)
        newest = [one for one in reversed(self.intents.values()) if first <= one["created"] < last]
        return page_of([self._intent(one["id"]) for one in newest], params, "/v1/payment_intents")

    def _create_refund(self, params: dict[str, Any]) -> dict[str, Any]:
        intent = self._intent(params["payment_intent"])
        if intent["status"] != "succeeded":
            raise Refusal(
                400,
                "invalid_request_error",
                None,
                f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
            )
        dispute = intent["latest_charge"].get("dispute")
        if dispute and dispute["status"] in _NOT_REFUNDABLE:
            raise Refusal(400, "invalid_request_error", "charge_disputed", "charged back")
        left = intent["amount_received"] - self.refunded(intent["id"])
        amount = int(params.get("amount", left))
        if left == 0:
            raise Refusal(400, "invalid_request_error", "charge_already_refunded", "already refunded")
        if amount > left:
            raise Refusal(400, "invalid_request_error", None, "greater than the unrefunded amount on charge")
        refund = {
            "id": self._new_id("re"),
            "object": "refund",
            "amount": amount,
            "created": int(self.clock()),
            "currency": intent["currency"],
            "failure_reason": None,
            "metadata": params.get("metadata", {}),
            "payment_intent": intent["id"],
            "status": "succeeded",
        }
        self.refunds[refund["id"]] = refund
        self._count_refunds(intent)
        self._publish("refund.created", refund)
        return copy.deepcopy(refund)

    def _list_refunds(self, params: dict[str, Any]) -> dict[str, Any]:
        first, last = created_between(params)
        newest = [
            refund
            for refund in reversed(self.refunds.values())
            if refund["payment_intent"] == params.get("payment_intent", refund["payment_intent"])
            and first <= refund["created"] < last
        ]
        return page_of(newest, params, "/v1/refunds")

    def _list_disputes(self, params: dict[str, Any]) -> dict[str, Any]:
        of_intent = self.intents.get(params["payment_intent"], {}).get("latest_charge") or {}
        dispute = of_intent.get("dispute")
        return page_of([dispute] if dispute else [], params, "/v1/disputes")

    def _count_refunds(self, intent: dict[str, Any]) -> None:
        intent["latest_charge"]["amount_refunded"] = self.refunded(intent["id"])

    def refunded(self, intent_id: str) -> int:
        """Return what was refunded of a PaymentIntent."""
        return sum(
            refund["amount"]
            for refund in self.refunds.values()
            if refund["payment_intent"] == intent_id and refund["status"] in ("succeeded", "pending")
        )

    def _intent(self, intent_id: str) -> dict[str, Any]:
        """Return a PaymentIntent, cancelled if its authorisation has expired."""
        if intent_id not in self.intents:
            raise Refusal(
                404,
                "invalid_request_error",
                "resource_missing",
                f"No such payment_intent: '{intent_id}'",
                saved=False,
            )
        intent = self.intents[intent_id]
        if intent["status"] == "requires_capture":
            card = intent["latest_charge"]["payment_method_details"]["card"]
            if self.clock() >= card["capture_before"]:
                intent |= {"status": "canceled", "amount_capturable": 0, "cancellation_reason": "automatic"}
                self._publish("payment_intent.canceled", intent)
        return intent

    def _publish(self, kind: str, subject: Mapping[str, Any]) -> None:
        self.events.append(
            {
                "id": self._new_id("evt"),
                "object": "event",
                "type": kind,
                "created": int(self.clock()),
                "livemode": False,
                "data": {"object": copy.deepcopy(dict(subject))},
            }
        )

    def _new_id(self, prefix: str) -> str:
        self._ids += 1
        return f"{prefix}_{self._ids:08}"


class StripeSecret:
    """A client of Secrets Manager that has the secret of an account; `reads` counts how often it was read."""

    def __init__(self, key: str = KEY) -> None:
        self.key = key
        self.reads = 0

    def get_secret_value(self, **request: Any) -> dict[str, str]:
        self.reads += 1
        return {"SecretString": json.dumps({"api_key": self.key, "webhook_secrets": [WEBHOOK_SECRET]})}


class _Transport(stripe.HTTPClient):
    name = "fake"

    def __init__(self, account: FakeStripe) -> None:
        super().__init__()
        self._account = account

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        try:
            status, body = self._account.handle(method, url, headers or {}, post_data)
        except Lost:
            raise stripe.APIConnectionError("no response") from None
        return body, status, {"request-id": "req_fake"}

    def close(self) -> None:
        """There is no connection."""


_ROUTES: tuple[tuple[str, str, Callable[..., dict[str, Any]]], ...] = (
    ("POST", r"/v1/payment_intents", FakeStripe._create_intent),
    ("GET", r"/v1/payment_intents", FakeStripe._list_intents),
    ("GET", r"/v1/payment_intents/(\w+)", FakeStripe._retrieve_intent),
    ("POST", r"/v1/payment_intents/(\w+)/confirm", FakeStripe._confirm_intent),
    ("POST", r"/v1/payment_intents/(\w+)/capture", FakeStripe._capture_intent),
    ("POST", r"/v1/payment_intents/(\w+)/cancel", FakeStripe._cancel_intent),
    ("POST", r"/v1/refunds", FakeStripe._create_refund),
    ("GET", r"/v1/refunds", FakeStripe._list_refunds),
    ("GET", r"/v1/disputes", FakeStripe._list_disputes),
)


def _route(method: str, path: str) -> tuple[Callable[..., dict[str, Any]], tuple[str, ...]]:
    for verb, pattern, run in _ROUTES:
        if verb == method and (match := re.fullmatch(pattern, path)):
            return run, match.groups()
    raise AssertionError(f"{method} {path} is not a route of the fake")


def _unexpected_state(intent: Mapping[str, Any]) -> Refusal:
    return Refusal(
        400,
        "invalid_request_error",
        "payment_intent_unexpected_state",
        f"This PaymentIntent has a status of {intent['status']}",
        payment_intent=copy.deepcopy(dict(intent)),
    )
