"""The Retry blocks that are deployed are the ones the policies say."""

import json
from pathlib import Path

from tools import stamp_retries

ROOT = Path(__file__).parents[2]
CHECKOUT = json.loads((ROOT / "statemachines" / "order_checkout.asl.json").read_text())


def test_shipped_definitions_carry_the_policies() -> None:
    for path in (ROOT / "statemachines").glob("*.asl.json"):
        assert stamp_retries.stamp(json.loads(path.read_text())) == [], path.name


def test_changed_retry_is_noticed_and_mended() -> None:
    definition = json.loads(json.dumps(CHECKOUT))
    definition["States"]["ReserveStock"]["Retry"][0]["MaxAttempts"] = 99
    assert stamp_retries.stamp(definition) == ["ReserveStock"]
    assert definition == CHECKOUT


def test_rendering_loses_nothing() -> None:
    assert json.loads(stamp_retries.render(CHECKOUT)) == CHECKOUT
