"""What inventory hears of its own table. Apart from the verbs, which need no client of the bus."""

import os
from typing import Any

from tillflow.aws import client
from tillflow.handling import handler

from inventory.announcer import Announcer

announcer = Announcer(client("events"), os.environ["BUS_NAME"])


@handler
def announce_stock(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """A batch of the table's stream to events, one per crossing or correction in it: ``{announced}``."""
    return {"announced": announcer.announce(event["Records"])}
