"""The store's file: full disk, other layouts, locking."""

import json
import resource
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from stepfunctions_local.errors import StoreBusy, StoreFailed, StoreUnreadable
from stepfunctions_local.faults.crash import kill
from stepfunctions_local.storage.store import Store
from stepfunctions_local.testing import VirtualEngine

WAITS = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": True}}}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "states.db"


def full(engine: VirtualEngine) -> None:
    """Prevent the store's database from growing."""
    database = engine.engine.store._db
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.execute(f"PRAGMA max_page_count={database.execute('PRAGMA page_count').fetchone()[0]}")


def test_full_disk_rejects_writes_and_keeps_commits(path: Path) -> None:
    engine = VirtualEngine(store=path)
    machine = engine.create(WAITS)
    accepted = engine.start(machine)
    full(engine)
    with pytest.raises(StoreFailed, match=r"cannot be written \(database or disk is full\)"):
        for number in range(200):
            engine.start(machine, "x" * 10_000, name=str(number))
            started = number
    # Nothing is said on the strength of what is only in memory.
    with pytest.raises(StoreFailed):
        engine.describe_execution(executionArn=accepted)
    engine.close()
    with VirtualEngine(store=path) as engine:
        assert engine.result(accepted).status == "RUNNING"
        assert len(engine.list_executions(stateMachineArn=machine)["executions"]) == started + 2


def test_server_exits_with_message_when_disk_is_full(path: Path) -> None:
    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))

    command = [sys.executable, "-m", "stepfunctions_local", "start", "--port", "0", "--store", str(path)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=small_files
    )
    assert process.stdout is not None
    url = process.stdout.readline().split()[-1]

    def call(operation: str, **params: object) -> dict:
        target = {"X-Amz-Target": f"AWSStepFunctions.{operation}"}
        request = urllib.request.Request(url, json.dumps(params).encode(), target)
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)

    role = "arn:aws:iam::000000000000:role/test"
    machine = call("CreateStateMachine", name="m", definition=json.dumps(WAITS), roleArn=role)
    arn, given = machine["stateMachineArn"], json.dumps("x" * 50_000)
    with pytest.raises(urllib.error.HTTPError) as refused:
        for _ in range(100):
            call("StartExecution", stateMachineArn=arn, input=given)
    assert "cannot be written" in json.load(refused.value)["message"]
    _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert said.splitlines()[-1].startswith(f"{path} cannot be written")
    assert "Traceback" not in said


def test_layout_1_store_is_converted(path: Path) -> None:
    with VirtualEngine(store=path) as engine:
        arn = engine.start(engine.create(WAITS))
        events = engine.result(arn).history
    with sqlite3.connect(path, isolation_level=None) as old:
        old.execute("DROP TABLE histories")
        old.execute(
            "CREATE TABLE events(execution INTEGER, id INTEGER, body BLOB, PRIMARY KEY(execution, id)) WITHOUT ROWID"
        )
        rows = [(1, event["id"], json.dumps(event).encode()) for event in events]
        old.executemany("INSERT INTO events VALUES(?,?,?)", rows)
        old.execute("PRAGMA user_version=0")
    with VirtualEngine(store=path, start=engine.clock.now()) as engine:
        assert engine.result(arn).history == events
        assert [event["id"] for event in engine.finish(arn).history] == [1, 2, 3, 4]


def test_layout_3_store_with_running_branches_resumes(path: Path) -> None:
    other = {"StartAt": "V", "States": {"V": {"Type": "Wait", "Seconds": 60, "End": True}}}
    definition = {
        "StartAt": "P",
        "States": {"P": {"Type": "Parallel", "End": True, "Branches": [WAITS, other]}},
    }
    with VirtualEngine(store=path) as engine:
        arn = engine.start(engine.create(definition), {"order": 1})
    with sqlite3.connect(path, isolation_level=None) as old:
        for execution, frame, body in old.execute("SELECT * FROM frames").fetchall():
            renamed = body.replace(b'"arguments":', b'"given":')
            old.execute("UPDATE frames SET body=? WHERE execution=? AND id=?", (renamed, execution, frame))
        old.execute("PRAGMA user_version=3")
    with VirtualEngine(store=path, start=engine.clock.now()) as engine:
        assert engine.finish(arn).output == [{"order": 1}, {"order": 1}]


def test_running_state_stored_without_the_event_before_it_resumes(path: Path) -> None:
    with VirtualEngine(store=path) as engine:
        arn = engine.start(engine.create(WAITS))
        events = engine.result(arn).history
    with sqlite3.connect(path, isolation_level=None) as old:
        for execution, number, body in old.execute("SELECT * FROM frames").fetchall():
            frame = json.loads(body)
            entered, _, entered_at = frame["entered"]
            earlier = json.dumps(frame | {"entered": [entered, entered_at]}).encode()
            old.execute("UPDATE frames SET body=? WHERE execution=? AND id=?", (earlier, execution, number))
    with VirtualEngine(store=path, start=engine.clock.now()) as engine:
        assert engine.finish(arn).history[: len(events)] == events
        assert engine.result(arn).elapsed == 3600


def test_store_of_later_layout_is_rejected(path: Path) -> None:
    Store(path).close()
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA user_version=99")
    with pytest.raises(StoreUnreadable, match="written by a later version"):
        Store(path)
    with pytest.raises(StoreUnreadable):  # and not because the first try still holds it
        Store(path)


def test_other_file_is_rejected_and_not_changed(path: Path) -> None:
    path.write_text("a letter to somebody" * 100)
    with pytest.raises(StoreUnreadable, match="file is not a database"):
        Store(path)
    assert path.read_text().startswith("a letter")


def test_store_is_locked_under_all_names(path: Path) -> None:
    other = path.with_name("link.db")
    other.symlink_to(path)
    first = Store(path)
    with pytest.raises(StoreBusy, match="already open in process"):
        Store(other)
    first.close()
    engine = VirtualEngine(store=other)
    arn = engine.start(engine.create(WAITS))
    kill(engine)
    with VirtualEngine(store=path) as engine:
        assert engine.result(arn).status == "RUNNING"


def test_history_pages_are_equal_in_both_orders(path: Path) -> None:
    loop = {
        "QueryLanguage": "JSONata",
        "StartAt": "P",
        "States": {
            "P": {"Type": "Pass", "Output": "{% $states.input + 1 %}", "Next": "C"},
            "C": {
                "Type": "Choice",
                "Choices": [{"Condition": "{% $states.input % 40 != 0 %}", "Next": "P"}],
                "Default": "W",
            },
            "W": {"Type": "Wait", "Seconds": 1, "Next": "D"},
            "D": {
                "Type": "Choice",
                "Choices": [{"Condition": "{% $states.input < 200 %}", "Next": "P"}],
                "Default": "E",
            },
            "E": {"Type": "Succeed"},
        },
    }
    with VirtualEngine(store=path) as engine:
        arn = engine.run(loop, 0).arn
        whole = engine.result(arn).history
        assert [event["id"] for event in whole] == list(range(1, len(whole) + 1))
        for size in (1, 7, 100, 160, 1000):
            for reverse in (False, True):
                events: list[dict] = []
                token: dict[str, str] = {}
                while True:
                    page = engine.get_execution_history(
                        executionArn=arn, maxResults=size, reverseOrder=reverse, **token
                    )
                    events += page["events"]
                    if "nextToken" not in page:
                        break
                    token = {"nextToken": page["nextToken"]}
                assert events == (whole[::-1] if reverse else whole), (size, reverse)
