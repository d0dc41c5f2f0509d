"""What inventory hears of its own table. Apart from the verbs, which need no client of the bus."""

import os
from typing import Any

from tillflow.aws import client
from tillflow.handling import handler

from inventory.crossings import Announcer

announcer = Announcer(client("events"), os.environ["BUS_NAME"])


@handler
def announce_crossings(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """A batch of the table's stream to StockBelowReorderPoint events, one per crossing: ``{announced}``."""
    return {"announced": announcer.announce(event["Records"])}
