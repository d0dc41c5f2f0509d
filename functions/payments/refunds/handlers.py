"""RefundPayment: the pivot of a return, and the inquiry about it."""

import os
from typing import Any

from tillflow.aws import client
from tillflow.handling import handler
from tillflow.parsing import parse

from payments.composition import configured_providers
from payments.credit.wallets import Wallets
from payments.refunds.models import Refunded, RefundPayment
from payments.refunds.service import Refunds
from payments.refunds.store import RefundStore
from payments.store import PaymentsStore

_dynamodb, _table = client("dynamodb"), os.environ["TABLE_NAME"]
refunds = Refunds(
    RefundStore(_dynamodb, _table),
    PaymentsStore(_dynamodb, _table),
    configured_providers(_dynamodb),
    Wallets(_dynamodb, _table),
)


@handler
def refund_payment(event: dict[str, Any], context: object) -> Refunded:
    """Refund the amount of a return; complete a refund whose response was lost."""
    return refunds.refund(parse(RefundPayment, event))
