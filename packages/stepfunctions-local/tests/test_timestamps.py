"""Times have the precision of AWS: whole milliseconds."""

from datetime import UTC, datetime
from typing import Any

from stepfunctions_local.clock import RealClock
from stepfunctions_local.integrations.formatting import iso
from stepfunctions_local.integrations.shapes import known_operation, to_output

MOMENT = datetime(2026, 11, 30, 18, 28, 57, 991_936, tzinfo=UTC)


def test_clock_has_whole_milliseconds() -> None:
    now = RealClock.now()
    assert round(now, 3) == now


def test_time_is_written_with_the_digits_that_it_has() -> None:
    assert iso(MOMENT) == "2026-11-30T18:28:57.991936Z"
    assert iso(MOMENT, "milliseconds") == "2026-11-30T18:28:57.991Z"
    assert iso(MOMENT.replace(microsecond=936), "milliseconds") == "2026-11-30T18:28:57Z"


def test_times_of_json_protocols_are_milliseconds() -> None:
    def modified(service: str, action: str, response: dict[str, Any], name: str) -> Any:
        return to_output(known_operation(service, action), response)[name]

    parameter = {"Parameter": {"LastModifiedDate": MOMENT}}
    shown = modified("ssm", "getParameter", parameter, "Parameter")
    assert shown == {"LastModifiedDate": "2026-11-30T18:28:57.991Z"}
    role = modified("iam", "getRole", {"Role": {"CreateDate": MOMENT}}, "Role")
    assert role == {"CreateDate": "2026-11-30T18:28:57.991936Z"}
