"""An attempt whose row another one takes between its reads and its write, and an attempt that was discarded."""

from collections.abc import Callable
from typing import Any, cast

import pytest
from images import rules
from images.documents import ImageDocument
from images.store import ImageStore
from tillflow.errors import ImageSuperseded
from tillflow.store import Item

from tests.images.test_image_rules import image
from tests.support.interposed import Interposed
from tests.support.tables import create_table

NAME = "k"
EARLIER = pytest.mark.parametrize("earlier", [False, True], ids=["new", "shown"])


def attempt(sequencer: str, name: str) -> ImageDocument:
    return cast("ImageDocument", image(sequencer, name, version_id=name, etag=name))


def stored(row: Item) -> str:
    return str(row.get("attempt", ""))


class Shop:
    """The images table. `overtaken` is a store whose next transaction begins after an action of another process."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self.dynamodb, self.table = dynamodb, table
        self.store = ImageStore(dynamodb, table)

    def show(self, earlier: bool) -> None:
        if earlier:
            self.store.settle(attempt("1", "first"))

    def overtaken(self, action: Callable[[], object]) -> ImageStore:
        client = Interposed(self.dynamodb)
        client.before("transact_write_items", action)
        return ImageStore(client, self.table)


@pytest.fixture
def shop(dynamodb: Any) -> Shop:
    return Shop(dynamodb, create_table(dynamodb, "ImagesTable"))


@EARLIER
def test_attempt_overtaken_by_a_newer_one_is_superseded(shop: Shop, earlier: bool) -> None:
    shop.show(earlier)
    with pytest.raises(ImageSuperseded):
        shop.overtaken(lambda: shop.store.settle(attempt("9", "newer"))).settle(attempt("5", "mine"))
    assert stored(shop.store.find_row(NAME)) == "newer"


def test_attempt_overtaken_by_its_discard_is_superseded(shop: Shop) -> None:
    with pytest.raises(ImageSuperseded):
        shop.overtaken(lambda: shop.store.discard(NAME, "mine")).settle(attempt("5", "mine"))
    assert shop.store.find_row(NAME) == {}


def test_discarded_attempt_is_superseded(shop: Shop) -> None:
    shop.store.discard(NAME, "mine")
    assert shop.store.find_state(NAME, "mine") == ({}, True)
    with pytest.raises(ImageSuperseded):
        shop.store.settle(attempt("5", "mine"))


@EARLIER
def test_discard_overtaken_by_its_attempt_returns_the_row_of_that(shop: Shop, earlier: bool) -> None:
    shop.show(earlier)
    row = shop.overtaken(lambda: shop.store.settle(attempt("5", "mine"))).discard(NAME, "mine")
    assert stored(row) == "mine"
    assert shop.store.find_state(NAME, "mine")[1] is False
    assert rules.announcement(row)["detail"]["id"] == "id#mine"
