"""What sales are counted by. Imports no model, so that the help of a command can name the dimensions."""

from typing import Literal

type Dimension = Literal["day", "sku", "category", "location", "tender", "tax"]
DIMENSIONS: tuple[Dimension, ...] = ("day", "sku", "category", "location", "tender", "tax")
