"""`till seed`: open the demo shop."""

from rich.progress import Progress

from till.output import err, out
from till.shop import CUSTOMERS, GOODS, THINGS, Shop
from till.stack import find_stack
from till.users import create_demo_users


def seed() -> None:
    """Open the demo shop: products with their tax, stock on the shelves, customers.

    Running it again changes nothing: stock is received once.

    Example:

        till seed
    """
    stack = find_stack()
    with Progress(console=err, transient=True) as progress:
        writing = progress.add_task("Opening the shop", total=THINGS)
        Shop(stack).open(lambda what: progress.update(writing, advance=1, description=what))
    create_demo_users(stack)
    units = sum(item.units for item in GOODS)
    out.print(
        f"The shop is open: {len(GOODS)} products, {units} units on the shelves, {len(CUSTOMERS)} customers.",
        highlight=False,
    )
