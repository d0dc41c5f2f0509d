"""Codes of gift cards, and the tokens that stand for them.

A code has 24 characters of Crockford's alphabet: the card's number (8), which may be shown, and a secret (16 random
characters, 80 bits). The till replaces the code with a token, the number and a hash of the secret, before anything is
stored or started; the card's row has a hash of the token.
"""

import hashlib
import re
import secrets
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_NUMBER, _SECRET = 8, 16
_CODE = re.compile(f"[{_ALPHABET}]{{{_NUMBER + _SECRET}}}")
_TOKEN = re.compile(rf"gift_([{_ALPHABET}]{{{_NUMBER}}})_[a-p]{{64}}")
_EXPECTED = "a gift card's code of 24 letters and digits"


def new_code() -> str:
    """Return a random code, as it is printed: XXXXXXXX-XXXX-XXXX-XXXX-XXXX."""
    characters = "".join(secrets.choice(_ALPHABET) for _ in range(_NUMBER + _SECRET))
    secret = characters[_NUMBER:]
    return "-".join((characters[:_NUMBER], *(secret[at : at + 4] for at in range(0, _SECRET, 4))))


def token_of(code: str) -> str:
    """Return the token of a code, however it was typed; ValueError if it is not one."""
    typed = code.upper().replace("-", "").replace(" ", "")
    if not _CODE.fullmatch(typed):
        raise ValueError(_EXPECTED)
    digest = hashlib.sha256(typed.encode()).hexdigest()
    # Letters only: twelve digits in a row would look like a card number.
    return f"gift_{typed[:_NUMBER]}_" + "".join(chr(ord("a") + int(digit, 16)) for digit in digest)


def card_number(token: str) -> str | None:
    """Return the number of a token's card; None for another token."""
    match = _TOKEN.fullmatch(token)
    return match.group(1) if match else None


def hash_of(token: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _is_code(code: str) -> str:
    token_of(code)
    return code


GiftCardCode = Annotated[str, Field(max_length=40), AfterValidator(_is_code)]


def hide_codes(order: Mapping[str, Any]) -> dict[str, Any]:
    """Return an order whose tenders have tokens in place of gift card codes. ValueError with the tender's position."""
    tenders = order.get("tenders")
    if not isinstance(tenders, list | tuple):
        return dict(order)
    return {**order, "tenders": [_hidden(number, tender) for number, tender in enumerate(tenders)]}


def _hidden(number: int, tender: Any) -> Any:
    if not isinstance(tender, dict) or "code" not in tender:
        return tender
    fields = {name: value for name, value in tender.items() if name != "code"}
    try:
        return {**fields, "token": token_of(str(tender["code"]))}
    except ValueError:
        raise ValueError(f"tenders[{number}].code") from None
