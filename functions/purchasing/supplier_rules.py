"""The rules of a supplier's record. Pure."""

from tillflow.errors import Problem

from purchasing.errors import InvalidSupplier
from purchasing.supplier_models import Supplier


def check_supplier(supplier: Supplier) -> None:
    """Raise InvalidSupplier, which names every text of a supplier that is blank or not one printable line."""
    texts = {"supplier_id": supplier.supplier_id, "name": supplier.name, "account": supplier.account}
    if supplier.channel.type == "mail":
        texts["channel.address"] = supplier.channel.address
    problems = [
        Problem(field, text, "printable characters, without spaces at the ends")
        for field, text in texts.items()
        if not text.isprintable() or text != text.strip()
    ]
    if problems:
        raise InvalidSupplier.of(problems)
