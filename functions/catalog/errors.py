"""Errors of the catalog."""

from tillflow.errors import DomainError, InvalidRequest


class InvalidProduct(InvalidRequest):
    """A product that is not accepted."""

    cashier_message = "The product is not valid. Check the named field."
    subject = "product"


class UnknownProduct(DomainError):
    """SKUs, or a barcode, that are not in the catalog."""

    cashier_message = "A product is not in the catalog. Scan it again."

    def __init__(self, *skus: str) -> None:
        super().__init__(f"not in the catalog: {', '.join(skus)}")
        self.skus = skus
