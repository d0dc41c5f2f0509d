"""Every workflow under proof, by family.

A family here has the scenarios of its workflows; a test fails for a definition in `statemachines/` without scenarios.
"""

from verification.proof.families.family import Family, Scenario
from verification.proof.families.images import Images
from verification.proof.families.importing import Importing
from verification.proof.families.orders import Orders
from verification.proof.families.purchases import Purchases
from verification.proof.families.reconciliations import Reconciling
from verification.proof.families.reordering import Reordering
from verification.proof.families.returns import Returns
from verification.proof.families.shipments import Shipments
from verification.proof.families.stripe_orders import StripeOrders
from verification.proof.families.transfers import Transfers

ORDERS = Orders()
FAMILIES: tuple[Family, ...] = (
    ORDERS,
    Returns(),
    Shipments(),
    StripeOrders(),
    Reconciling(),
    Purchases(),
    Reordering(),
    Transfers(),
    Images(),
    Importing(),
)
SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario for family in FAMILIES for scenario in family.scenarios()
}

__all__ = ["FAMILIES", "ORDERS", "SCENARIOS", "Family", "Scenario"]
