"""Every workflow under proof, by the family that knows what it is about.

A workflow is proven by having scenarios in a family here; one in `statemachines/` without any fails a test.
"""

from verification.proof.families.family import Family, Scenario
from verification.proof.families.images import Images
from verification.proof.families.orders import Orders
from verification.proof.families.purchases import Purchases
from verification.proof.families.reordering import Reordering
from verification.proof.families.transfers import Transfers

ORDERS = Orders()
FAMILIES: tuple[Family, ...] = (ORDERS, Purchases(), Reordering(), Transfers(), Images())
SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario for family in FAMILIES for scenario in family.scenarios()
}

__all__ = ["FAMILIES", "ORDERS", "SCENARIOS", "Family", "Scenario"]
