"""The rows of returns in the orders table.

RETURN#<return id>   RETURN   CLAIMED -> COMPLETED (CloseReturn of the workflow writes it) or RELEASED
ORDER#<order id>     ORDER    `returns`: the claims of its returns, less those that were released
ORDER#<order id>     RELEASED#<time of the claim>#<return id>   a return whose claim was released

A claim and a release write both rows in one transaction, on the condition that neither has changed since it was read.
A release adds the third in it: the order's row, which has a size, keeps no released claims. `models.Return` is the
schema of the first.
"""

from tillflow.store import Item

from orders.returns.models import Return
from orders.rows import order_key

RELEASED_PREFIX = "RELEASED#"


def return_key(return_id: str) -> tuple[str, str]:
    """Return the primary key of a return's row."""
    return f"RETURN#{return_id}", "RETURN"


def released_return_row(order_id: str, return_id: str, claimed_at: str) -> Item:
    """Return the row by which an order lists a return whose claim was released."""
    pk, _ = order_key(order_id)
    return {"pk": pk, "sk": f"{RELEASED_PREFIX}{claimed_at}#{return_id}", "return_id": return_id}


def read_return(row: Item) -> Return:
    """Return the return of a row; ValidationError when the row does not keep to the schema."""
    return Return.model_validate({name: value for name, value in row.items() if name not in ("pk", "sk")})
