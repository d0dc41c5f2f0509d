"""The kind of a write: what the mutants of the proof change, whichever case made it."""

from typing import Any

import pytest

from verification.harness.template import ROOT, Template
from verification.proof.mutants.model import Mutant
from verification.proof.mutants.requests import place_of
from verification.proof.mutants.store_tests import owners_tests


def marker(sort_key: str) -> dict[str, Any]:
    return {
        "TableName": "InventoryTable",
        "Item": {"pk": {"S": "ORDER#ord-1"}, "sk": {"S": sort_key}},
        "ConditionExpression": "attribute_not_exists(pk)",
    }


@pytest.mark.parametrize(
    ("sort_key", "row"),
    [
        ("STEP#reserve", "STEP#reserve"),
        ("STEP#reserve#3", "STEP#reserve"),
        ("STEP#return-case-7-back", "STEP#return"),
        ("STEP#return-shipment-0eda0f4f492dfa32891adb9e4751f9a9ca20fef0", "STEP#return-shipment"),
        ("STEP#receipt-dn-12#0", "STEP#receipt"),
        ("LEVEL#store-1#MUG", "LEVEL"),
        ("tea", "ORDER"),
    ],
)
def test_kind_of_a_write_is_the_same_in_every_case(sort_key: str, row: str) -> None:
    assert place_of("Put", marker(sort_key)) == f"InventoryTable Put {row} [attribute_not_exists(pk)]"


def test_every_table_has_an_owner_with_tests() -> None:
    for table in Template.read().tables:
        place = place_of("Put", marker("STEP#reserve") | {"TableName": table})
        assert (ROOT / owners_tests(Mutant("marker not written", place))).is_dir(), table
