"""The journal entry of a return."""

import pytest
from ledger.errors import JournalUnbalanced
from ledger.models import PostReturn
from ledger.rules import return_entry


def returned(**changes: object) -> PostReturn:
    return PostReturn.model_validate(
        {
            "return_id": "ret-1",
            "currency": "EUR",
            "taxes": [{"tax_class": "standard", "rate": "0.20", "net": 200, "tax": 40}],
            "refunds": [{"type": "card", "amount": 100}, {"type": "cash", "amount": 140}],
            "restocked": 40,
            "written_off": 60,
            "credit_note_number": "CN-000001",
        }
        | changes
    )


def posted(entry: PostReturn) -> dict[str, int]:
    return {line.account: line.debit - line.credit for line in return_entry("ord-1", entry).lines}


def test_refunds_and_cost_are_posted_against_returns_tax_and_goods() -> None:
    assert posted(returned()) == {
        "4010": 200,
        "2200": 40,
        "1020": -100,
        "1010": -140,
        "1200": 40,
        "5200": 60,
        "5000": -100,
    }


@pytest.mark.parametrize(("rounding", "cash"), [(-2, 138), (2, 142)])
def test_rounding_of_the_sale_is_reversed_with_its_last_units(rounding: int, cash: int) -> None:
    refunds = [{"type": "card", "amount": 100}, {"type": "cash", "amount": cash}]
    lines = return_entry("ord-1", returned(refunds=refunds, rounding=rounding)).lines
    (posted_rounding,) = (line.debit - line.credit for line in lines if line.name == "Cash rounding")
    assert posted_rounding == rounding


def test_refund_that_differs_from_what_is_returned_is_not_posted() -> None:
    with pytest.raises(JournalUnbalanced):
        return_entry("ord-1", returned(refunds=[{"type": "card", "amount": 239}]))
