"""Any sequence of grants, repeated grants and expiries keeps a customer's credit equal to its entries."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from payments.credit.models import CreditPolicy, GrantCredit
from payments.credit.rows import customer_wallet
from payments.credit.wallets import Wallets
from payments.errors import GoodwillAboveLimit
from tillflow.aws import client
from tillflow.errors import IdempotencyConflict

from verification.harness.dynamodb import local_dynamodb
from verification.harness.template import Template

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
LIMIT = 500

grants = st.builds(
    GrantCredit,
    grant_id=st.sampled_from(["g-1", "g-2", "g-3"]),
    customer_id=st.sampled_from(["cus-1", "cus-2"]),
    currency=st.sampled_from(["EUR", "JPY"]),
    amount=st.integers(1, LIMIT + 100),
    reason=st.sampled_from(["late", "broken"]),
    source=st.sampled_from(["goodwill", "cash"]),
    expires_on=st.none() | st.dates(date(2026, 11, 24), date(2026, 11, 27)),
)


@settings(max_examples=25)
@given(st.lists(grants | st.integers(0, 6), max_size=10))
def test_credit_is_what_was_granted_once_and_has_not_expired(steps: list[GrantCredit | int]) -> None:
    """A step is a grant, or the number of days after which expired credit is taken."""
    now, accepted, gone = NOW, dict[str, GrantCredit](), set[str]()
    with local_dynamodb(Template.read()):
        wallets = Wallets(client("dynamodb"), "PaymentsTable")
        for currency in ("EUR", "JPY"):
            policy = CreditPolicy(currency=currency, goodwill_limit=LIMIT, expiry_days=None)
            wallets.set_policy(policy)
        for step in steps:
            if isinstance(step, int):
                now += timedelta(days=step)
                wallets.expire(now)
                gone |= {
                    name for name, one in accepted.items() if one.expires_on and one.expires_on < now.date()
                }
                continue
            try:
                wallets.grant(step, NOW)
            except IdempotencyConflict:
                assert accepted[step.grant_id] != step
            except GoodwillAboveLimit:
                assert step.grant_id not in accepted
                before = sum(
                    one.amount
                    for one in accepted.values()
                    if (one.source, one.customer_id, one.currency)
                    == ("goodwill", step.customer_id, step.currency)
                )
                assert (step.source, before + step.amount > LIMIT) == ("goodwill", True)
            else:
                assert accepted.setdefault(step.grant_id, step) == step
            for holder in ("cus-1", "cus-2"):
                for currency in ("EUR", "JPY"):
                    owned = [
                        one.amount
                        for name, one in accepted.items()
                        if (one.customer_id, one.currency) == (holder, currency) and name not in gone
                    ]
                    assert wallets.balance(customer_wallet(holder), currency) == sum(owned)
