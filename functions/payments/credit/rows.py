"""Rows of credit in the payments table.

CREDIT#<customer>    BALANCE#<currency>               balance in minor units, never below zero
CREDIT#<customer>    GOODWILL#<currency>#<day>        the goodwill of a day in UTC
CREDIT#<customer>    ENTRY#<currency>#<entry id>      a grant, or the expiry of one; the table's stream publishes it
GIFT#<card number>   CARD, BALANCE#…, ENTRY#…         a gift card: the hash of its token, and a wallet as above
GRANT#<grant id>     GRANT                            the request of a grant, written once
ACCOUNT#<customer>   ACCOUNT#<currency>               credit limit; what is available, reserved and owed
SETTLED#<payment id> SETTLED                          the request of a customer payment, written once
MERGED#<customer>    INTO, FROM#<customer>            customers that were merged; see tillflow.merges
EXPIRIES             <last day>#<grant id>            a grant that will expire
CREDITPOLICY         <currency>                       limit and expiry of goodwill
"""

from dataclasses import asdict, fields

from tillflow.store import Item

from payments.credit.models import WalletEntry

EXPIRIES = "EXPIRIES"
POLICIES = "CREDITPOLICY"
GIFT_CARD = "GIFT#"
ACCOUNT = "ACCOUNT#"
BALANCE = "BALANCE#"
ENTRY = "ENTRY#"
_FIELDS = {field.name for field in fields(WalletEntry)}


def customer_wallet(customer_id: str) -> str:
    """Return the holder of a customer's wallets: the partition of their rows."""
    return f"CREDIT#{customer_id}"


def customer_of(holder: str) -> str | None:
    """Return the customer of a wallet, None for one of a gift card."""
    kind, _, customer_id = holder.partition("#")
    return customer_id if kind == "CREDIT" else None


def gift_card_wallet(number: str) -> str:
    """Return the holder of a gift card's wallet."""
    return f"{GIFT_CARD}{number}"


def card_key(number: str) -> tuple[str, str]:
    """Return the primary key of a gift card."""
    return gift_card_wallet(number), "CARD"


def account_key(customer_id: str, currency: str) -> tuple[str, str]:
    """Return the primary key of a customer's account."""
    return f"ACCOUNT#{customer_id}", f"{ACCOUNT}{currency}"


def settlement_key(payment_id: str) -> tuple[str, str]:
    """Return the primary key of the marker of a customer payment."""
    return f"SETTLED#{payment_id}", "SETTLED"


def balance_key(holder: str, currency: str) -> tuple[str, str]:
    """Return the primary key of a balance."""
    return holder, f"{BALANCE}{currency}"


def goodwill_key(holder: str, currency: str, day: str) -> tuple[str, str]:
    """Return the primary key of the goodwill that a customer is granted on a day."""
    return holder, f"GOODWILL#{currency}#{day}"


def entry_key(holder: str, currency: str, entry_id: str) -> tuple[str, str]:
    """Return the primary key of an entry."""
    return holder, f"{ENTRY}{currency}#{entry_id}"


def grant_key(grant_id: str) -> tuple[str, str]:
    """Return the primary key of the marker of a grant."""
    return f"GRANT#{grant_id}", "GRANT"


def entry_row(entry: WalletEntry) -> Item:
    """Return the row of an entry."""
    pk, sk = entry_key(entry.holder, entry.currency, entry.entry_id)
    return {"pk": pk, "sk": sk, **{name: v for name, v in asdict(entry).items() if v is not None}}


def read_entry(row: Item) -> WalletEntry:
    """Return the entry of a row."""
    return WalletEntry(**{name: value for name, value in row.items() if name in _FIELDS})
