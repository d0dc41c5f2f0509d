"""The scopes of an access token follow from the groups of the person."""

import json
from pathlib import Path
from typing import Any

import pytest
from identity.handlers import add_scopes
from identity.rules import scopes_of
from tillflow.api.roles import SCOPES_BY_GROUP

EVENT = json.loads((Path(__file__).parents[2] / "events" / "add_scopes.json").read_text())


def generated(**request: Any) -> Any:
    response = add_scopes({**EVENT, "request": request}, None)
    return response["response"]["claimsAndScopeOverrideDetails"]["accessTokenGeneration"]


def test_cashier_gets_the_scopes_of_the_group_and_the_own_location() -> None:
    assert generated(**EVENT["request"]) == {
        "scopesToAdd": ["shop/read", "shop/sell"],
        "claimsToAddOrOverride": {"location": "store-1"},
    }


@pytest.mark.parametrize("groups", [None, [], ["unknown"]])
def test_user_without_a_known_group_gets_no_scope(groups: list[str] | None) -> None:
    response = generated(userAttributes={}, groupConfiguration={"groupsToOverride": groups})
    assert response == {"scopesToAdd": [], "claimsToAddOrOverride": {}}


def test_each_group_may_do_what_the_one_before_may() -> None:
    cashier, manager, operator = (set(SCOPES_BY_GROUP[group]) for group in ("cashier", "manager", "operator"))
    assert cashier < manager < operator


def test_scopes_of_several_groups_are_joined_once() -> None:
    assert scopes_of(["cashier", "manager"]) == ["shop/manage", "shop/read", "shop/sell"]
