"""The rules of a supplier's record. Pure."""

from tillflow.errors import Problem
from tillflow.outbound import leads_inside

from purchasing.errors import InvalidSupplier
from purchasing.supplier_models import Supplier


def check_supplier(supplier: Supplier) -> None:
    """Raise InvalidSupplier, which names every text of a supplier that is blank or not one printable line.

    And the address of a webhook that is not public: a call would refuse it, each time an order is sent.
    """
    texts = {"supplier_id": supplier.supplier_id, "name": supplier.name, "account": supplier.account}
    if supplier.channel.type == "mail":
        texts["channel.address"] = supplier.channel.address
    problems = [
        Problem(field, text, "printable characters, without spaces at the ends")
        for field, text in texts.items()
        if not text.isprintable() or text != text.strip()
    ]
    if supplier.channel.type == "webhook" and leads_inside(supplier.channel.address):
        problems.append(Problem("channel.address", supplier.channel.address, "the URL of a public host"))
    if problems:
        raise InvalidSupplier.of(problems)
