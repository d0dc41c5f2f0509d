"""List prices of AWS, with their date: prices.json."""

import json
from pathlib import Path
from typing import Any, Final

PRICES: Final[dict[str, Any]] = json.loads((Path(__file__).parent / "prices.json").read_text())
