"""Images: ingest and backfill of objects that are created, replaced, rejected and deleted."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from moto import mock_aws
from moto.s3.models import s3_backends
from PIL import Image
from stepfunctions_local.errors import ApiError
from tillflow.aws import client
from tillflow.store import unmarshal

from audit import Snapshot, check
from till.demo import image_ingest
from till.shop import ESPRESSO
from verification.harness import image_buckets
from verification.harness.faults import FOREVER, FaultSchedule
from verification.harness.fixture import WorkflowFixture
from verification.harness.image_buckets import picture
from verification.harness.template import ACCOUNT
from verification.proof.families.family import (
    Family,
    FinalState,
    Scenario,
    StartExecutions,
    entered,
    status_of,
    workflow_of,
)
from verification.proof.schedule import A_DAY, CaseSchedule
from verification.proof.services import ProofServices

INGEST, BACKFILL = "ImageIngest", "ImageBackfill"
SMALL = (24, 16)
RETRIES = 3
"""How often a failed execution is redriven; one that still fails is a violation."""
REDRIVEN = "+"
"""The suffix of a redriven execution's name; short, since names of a backfill are near the limit."""

Changes = Callable[[str], list[dict[str, Any]]]
"""Changes the object of a key and returns the events that S3 sends."""


def _sideways() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return picture(size=SMALL, kind="JPEG", exif=exif)


def _put(*bodies: bytes) -> Changes:
    return lambda key: [image_buckets.put(body, key) for body in bodies]


def _rejected(title: str) -> bytes:
    """Return the body of a demo scenario that is rejected."""
    return next(demo.bodies()[0] for demo in image_ingest.SCENARIOS if demo.title == title)


# The demo's scenarios with small images: the changes before, the changes under test, the outcome.
DEMO_SCENARIOS: dict[str, tuple[Changes | None, Changes, str]] = {
    "rotated photo": (None, _put(_sideways()), "READY"),
    "transparent PNG": (None, _put(picture(size=SMALL)), "READY"),
    "AVIF named .jpg": (None, _put(picture(size=SMALL, kind="AVIF")), "READY"),
    "replaced four times": (
        None,
        _put(*(picture(colour, SMALL) for colour in ("red", "green", "black", "white", "blue"))),
        "READY",
    ),
    "SVG with a script": (None, _put(_rejected("SVG with a script")), "REJECTED unsupported_format"),
    "decompression bomb": (None, _put(_rejected("decompression bomb")), "REJECTED too_many_pixels"),
    "truncated file": (None, _put(_rejected("truncated file")), "REJECTED broken"),
    "deleted": (_put(picture("gold", SMALL)), lambda key: [image_buckets.delete(key)], "DELETED"),
}
# Scenarios that are not in the demo, which delivers the events of one image at a time, each once.
NOT_IN_DEMO: dict[str, tuple[Changes | None, Changes, str]] = {
    "a shown picture is replaced": (_put(picture("red", SMALL)), _put(picture("green", SMALL)), "READY"),
    "a shown picture is replaced by a refused one": (
        _put(picture("red", SMALL)),
        _put(b"%PDF-1.7"),
        "REJECTED unsupported_format",
    ),
    "an event delivered twice": (
        None,
        lambda key: [image_buckets.put(picture(size=SMALL), key)] * 2,
        "READY",
    ),
    "events in the wrong order": (
        None,
        lambda key: [image_buckets.put(picture(colour, SMALL), key) for colour in ("red", "blue")][::-1],
        "READY",
    ),
}
PAIRED = {"a shown picture is replaced", "a shown picture is replaced by a refused one", "deleted"}


@dataclass
class ImageOperator:
    """Redrives failed ingests as `till image redrive` does, and runs a second backfill at the end."""

    business_id: str
    violations: list[str] = field(default_factory=list)
    intervened: bool = False

    def advance(self, fixture: WorkflowFixture, schedule: CaseSchedule, arns: list[str]) -> bool:
        if any(status_of(fixture, arn) == "RUNNING" for arn in arns):
            return False
        known = len(arns)
        messages = image_buckets.dead_letters()
        waiting = {message["execution"] for message in messages}
        failed = [
            arn for arn in (*arns, *self._of_backfills(fixture)) if self._needs_redrive(fixture, arn, arns)
        ]
        if messages or failed:
            if any(
                fault.kind == "time_out_then_effect" and fault.times == FOREVER for fault in schedule.faults
            ):
                fixture.engine.pass_time(A_DAY)  # late effects precede the redrive
            self.intervened = True
            self.violations += _not_undone(fixture, messages, [arn for arn in failed if arn not in waiting])
            schedule.end_faults()
        for message in messages:
            if message["execution"].count(REDRIVEN) == RETRIES:
                continue
            self._redrive(fixture, arns, message["execution"], {**message["event"], "redriven": True})
            image_buckets.remove_dead_letter(message)
        for arn in failed:
            event = json.loads(fixture.engine.describe_execution(executionArn=arn)["input"])
            self._redrive(fixture, arns, arn, {**event, "redriven": True})
        if known == len(arns) and workflow_of(arns[0]) == BACKFILL and not arns[-1].endswith("-last"):
            schedule.end_faults()
            arns.append(begin(fixture, BACKFILL, _listing(self.business_id), f"{self.business_id}-last"))
        return known != len(arns)

    def _of_backfills(self, fixture: WorkflowFixture) -> Iterator[str]:
        """Yield the failed ingests of this scenario that a backfill started."""
        rows = fixture.engine.list_executions(stateMachineArn=fixture.deploy(INGEST), statusFilter="FAILED")
        for row in rows["executions"]:
            arn = row["executionArn"]
            if row["name"].startswith("backfill-") and REDRIVEN not in row["name"]:
                event = json.loads(fixture.engine.describe_execution(executionArn=arn)["input"])
                if f"/{self.business_id}/" in event["detail"]["object"]["key"]:
                    yield arn

    def _needs_redrive(self, fixture: WorkflowFixture, arn: str, arns: list[str]) -> bool:
        redriven = f"{arn}{REDRIVEN}" in arns or arn.count(REDRIVEN) == RETRIES
        return status_of(fixture, arn) in ("FAILED", "TIMED_OUT") and not redriven

    def _redrive(self, fixture: WorkflowFixture, arns: list[str], arn: str, event: dict[str, Any]) -> None:
        again = begin(fixture, workflow_of(arn), event, f"{arn.rpartition(':')[2]}{REDRIVEN}")
        if again not in arns:
            arns.append(again)


class Images(Family):
    """Ingest and backfill."""

    workflows = (INGEST, BACKFILL)
    others = ()

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        """The events of the current case; after a crash they are delivered again without a second put."""

    def prepare(self, services: ProofServices) -> None:
        services.resources.enter_context(mock_aws())
        image_buckets.make_buckets()

    def reset(self, services: ProofServices) -> None:
        for bucket in s3_backends[ACCOUNT]["aws"].buckets.values():
            bucket.keys.clear()
        for message in image_buckets.dead_letters():
            image_buckets.remove_dead_letter(message)
        self.events.clear()

    def with_external_state(self, shop: Snapshot) -> Snapshot:
        return replace(shop, pictures=image_buckets.at_rest())

    def scenarios(self) -> Iterator[Scenario]:
        scenarios = {demo.title: DEMO_SCENARIOS[demo.title] for demo in image_ingest.SCENARIOS} | NOT_IN_DEMO
        for title, (before, changes, expected) in scenarios.items():
            start = self._start(before, changes)
            yield Scenario(self, INGEST, title, start, expected, title in PAIRED, ImageOperator)
        mixed = "READY and REJECTED unsupported_format"
        yield Scenario(
            self, BACKFILL, "pictures without events", _put_without_events, mixed, True, ImageOperator
        )

    def _start(self, before: Changes | None, changes: Changes) -> StartExecutions:
        """Settle the changes before; then apply the changes under test and deliver their events together."""

        def start(fixture: WorkflowFixture, schedule: CaseSchedule, business_id: str) -> list[str]:
            key = key_of(business_id)
            fixture.schedule = FaultSchedule()
            if not self.events:
                for number, event in enumerate(before(key) if before else ()):
                    fixture.run_until_settled(begin(fixture, INGEST, event, f"{business_id}-before-{number}"))
                self.events += changes(key)
            fixture.schedule = schedule
            return [
                begin(fixture, INGEST, event, f"{business_id}-{number}")
                for number, event in enumerate(self.events)
            ]

        return start

    def run_concurrent_process(self, services: ProofServices, business_id: str) -> None:
        """Ingest a newer version of the same object, from its event to its announcement."""
        key = key_of(business_id.removesuffix("-concurrent"))
        event = image_buckets.put(picture("white", SMALL), key)
        image = services.call_task("RenderImage", change=event, execution="execution:other", business_id=key)
        settled = services.call_task("SettleImage", image=image, execution="execution:other", business_id=key)
        services.call_task("TidyOutputs", business_id=key, execution="execution:other")
        services.events.append({"DetailType": settled["detail_type"], "Detail": settled["detail"]})

    def event_identity(self, entry: Mapping[str, Any]) -> tuple[str, str]:
        detail = entry["Detail"] if isinstance(entry["Detail"], dict) else json.loads(entry["Detail"])
        return f"{entry['DetailType']} of {detail['key']} {detail['version_id']}", detail["id"]

    def describe_outcome(self, final: FinalState) -> str:
        rows = sorted(final.shop.images.items())
        return " and ".join(" ".join(filter(None, (row["status"], row.get("reason")))) for _, row in rows)

    def check_end(self, final: FinalState) -> Iterator[str]:
        for message in image_buckets.dead_letters():
            if f"{message['execution']}{REDRIVEN}" in final.arns:
                continue  # a late copy of a redriven event
            yield f"the event of {message['execution']} is in the dead-letter queue and was not redriven"
        for arn in final.arns:
            if final.status(arn) == "FAILED" and f"{arn}{REDRIVEN}" not in final.arns:
                yield f"{arn} failed {RETRIES} times"
        announced = image_buckets.announced(final.events)
        for key, row in final.shop.images.items():
            expected = (f"Image{row['status'].capitalize()}", key, row["version_id"])
            if expected not in announced:
                yield f"{key} is {row['status']}, which was not announced"


def key_of(business_id: str, name: str = "crème & café + 100%.png") -> str:
    return f"products/{ESPRESSO}/{business_id}/{name}"


def begin(fixture: WorkflowFixture, workflow: str, event: dict[str, Any], name: str) -> str:
    """Start an execution unless it was started before a crash; return its ARN."""
    machine = fixture.deploy(workflow)
    try:
        return str(fixture.engine.start(machine, event, name))
    except ApiError as error:
        if error.code != "ExecutionAlreadyExists":
            raise
        return f"{machine.replace(':stateMachine:', ':execution:')}:{name}"


def _not_undone(
    fixture: WorkflowFixture, messages: list[dict[str, Any]], without_message: list[str]
) -> Iterator[str]:
    """Yield what is wrong while events are dead letters: failures without an alarm, thumbnails of undone attempts."""
    for arn in without_message:
        result = fixture.engine.result(arn)
        alarmed = result.error == "CaseNotOpened" or str(result.error).startswith("States.")
        if result.status == "FAILED" and not alarmed:
            yield f"{arn} failed with {result.error}, and its event is in no dead-letter queue"
    forward = any("TidyOutputs" in entered(fixture, message["execution"]) for message in messages)
    if without_message or forward or any(message["uncompensated"] for message in messages):
        return
    rows = client("dynamodb").scan(TableName="ImagesTable", ConsistentRead=True)["Items"]
    shop = Snapshot({"ImagesTable": [unmarshal(row) for row in rows]}, pictures=image_buckets.at_rest())
    for violation in check(shop):
        if violation.name == "thumbnail_has_its_image":
            yield f"dead letter with nothing to undo: {violation.subject}: {violation.message}"


def _listing(business_id: str) -> dict[str, str]:
    return {"prefix": f"products/{ESPRESSO}/{business_id}/"}


def _put_without_events(fixture: WorkflowFixture, schedule: CaseSchedule, business_id: str) -> list[str]:
    """Put an image and a PDF without delivering their events."""
    for name, body in (("a.png", picture(size=SMALL)), ("b.pdf", b"%PDF-1.7")):
        key = key_of(business_id, name)
        if "Contents" not in client("s3").list_objects_v2(Bucket=image_buckets.ORIGINALS, Prefix=key):
            image_buckets.put(body, key)
    fixture.schedule = schedule
    return [begin(fixture, BACKFILL, _listing(business_id), business_id)]
