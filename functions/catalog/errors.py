"""Errors of the catalog."""

from collections.abc import Sequence

from tillflow.errors import DomainError, InvalidRequest
from tillflow.plurals import counted

_NAMED = 5
"""SKUs that a message names."""


class InvalidProduct(InvalidRequest):
    """A product that is not accepted."""

    cashier_message = "The product is not valid. Check the named field."
    subject = "product"


class InvalidBarcode(InvalidRequest):
    """A barcode whose digits do not fit together, or with a price or weight of zero."""

    cashier_message = "The barcode cannot be read. Scan it again."
    subject = "barcode"


class UnknownProduct(DomainError):
    """SKUs, or a barcode, that are not in the catalog."""

    cashier_message = "A product is not in the catalog. Scan it again."

    def __init__(self, *skus: str) -> None:
        super().__init__(f"not in the catalog: {', '.join(skus)}")
        self.skus = skus


class UnknownCategory(DomainError):
    """A category that the shop does not have."""

    cashier_message = "There is no such category. Check its code."

    def __init__(self, category: str) -> None:
        super().__init__(f"no category {category}")
        self.category = category


class TaxClassInUse(DomainError):
    """A tax class that products have which are sold: it cannot be retired."""

    status = 409
    cashier_message = "Products of the tax class are sold. Give them another one first."

    def __init__(self, tax_class: str, skus: Sequence[str]) -> None:
        named = ", ".join(skus[:_NAMED]) + (", …" if len(skus) > _NAMED else "")
        super().__init__(f"tax class {tax_class} is that of {counted(len(skus), 'product')} on sale: {named}")


class UnknownImport(DomainError):
    """An import that was not started, or whose file was not uploaded."""

    cashier_message = "There is no such import. Upload its file first."

    def __init__(self, import_id: str) -> None:
        super().__init__(f"no import {import_id}, or no file imports/{import_id}.csv")
        self.import_id = import_id


class ImportNotOpen(DomainError):
    """Rows of an import that was rejected or is complete, or the end of one that has rows to apply."""

    status = 409
    cashier_message = "The import cannot continue. Call the operator."

    def __init__(self, import_id: str, status: str) -> None:
        super().__init__(f"import {import_id} is {status}")


class LimitNotAllowed(DomainError):
    """A manager sets the discount limit of managers, which an operator does."""

    status = 403
    cashier_message = "Only an operator may change the limit of managers."

    def __init__(self) -> None:
        super().__init__("role is 'manager'; expected 'cashier', or a request of an operator")
