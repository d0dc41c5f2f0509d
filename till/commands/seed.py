"""`till seed`: create the data of the demo shop."""

from rich.progress import Progress

from till.output import err, out
from till.stack import find_stack


def seed() -> None:
    """Create the data of the demo shop: products, stock, suppliers and customers.

    What exists stays as it is: a repeated run changes nothing.

    Example:

        till seed
    """
    from till.shop import CUSTOMERS, GOODS, LOCATION, RECORDS, SUPPLIERS, Shop
    from till.users import create_demo_users

    stack = find_stack()
    with Progress(console=err, transient=True) as progress:
        task = progress.add_task("Seeding", total=RECORDS)
        shop = Shop(stack)
        shop.seed(lambda what: progress.update(task, advance=1, description=what))
    create_demo_users(stack)
    out.print(
        f"The demo shop has {len(GOODS)} products, {shop.units_on_hand()} units on hand at {LOCATION}, "
        f"{len(SUPPLIERS)} suppliers and {len(CUSTOMERS)} customers.",
    )
