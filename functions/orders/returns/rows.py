"""The rows of returns in the orders table.

RETURN#<return id>   RETURN   CLAIMED -> COMPLETED (CloseReturn of the workflow writes it) or RELEASED
ORDER#<order id>     ORDER    `returns`: the claims of its returns, less those that were released

A claim and a release write both rows in one transaction, on the condition that neither has changed since it was read.
`models.Return` is the schema of the first.
"""

from tillflow.store import Item

from orders.returns.models import Return


def return_key(return_id: str) -> tuple[str, str]:
    """Return the primary key of a return's row."""
    return f"RETURN#{return_id}", "RETURN"


def read_return(row: Item) -> Return:
    """Return the return of a row; ValidationError when the row does not keep to the schema."""
    return Return.model_validate({name: value for name, value in row.items() if name not in ("pk", "sk")})
