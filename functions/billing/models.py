"""What billing is asked. Amounts are integer minor units."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class CapturedTender(BaseModel):
    """A tender as payments answers it once its money is in."""

    model_config = ConfigDict(frozen=True)

    tender_no: Annotated[int, Field(gt=0)]
    type: Literal["card", "cash", "store_credit"]
    amount: Annotated[int, Field(gt=0)]
    state: Literal["captured"]


class IssueInvoice(BaseModel):
    """Give the draft of an order its number, paid by these tenders."""

    model_config = ConfigDict(frozen=True)

    order_id: str
    tenders: tuple[CapturedTender, ...]


class CreditInvoice(BaseModel):
    """Credit the whole invoice of an order; the reason is printed on the credit note."""

    model_config = ConfigDict(frozen=True)

    order_id: Annotated[str, Field(min_length=1, pattern=r"^[^#]+$")]
    reason: Annotated[str, Field(min_length=1, max_length=500)] = "cancelled"
