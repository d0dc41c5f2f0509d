"""`till seed`: create the data of the demo shop."""

from rich.progress import Progress

from till.output import err, out
from till.shop import CUSTOMERS, GOODS, THINGS, Shop
from till.stack import find_stack


def seed() -> None:
    """Create the data of the demo shop: products, stock and customers.

    A repeated run changes nothing.

    Example:

        till seed
    """
    stack = find_stack()
    with Progress(console=err, transient=True) as progress:
        writing = progress.add_task("Creating the demo shop", total=THINGS)
        Shop(stack).open(lambda what: progress.update(writing, advance=1, description=what))
    units = sum(item.units for item in GOODS)
    out.print(
        f"Created {len(GOODS)} products, {units} units of stock and {len(CUSTOMERS)} customers.",
        highlight=False,
    )
