"""Start, stop, kill and restart of a stack."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import threading
from pathlib import Path

import pytest

from local_aws import PortInUse, StackInUse, StateFolder, UnreadableState, supervisor

from .conftest import LAMBDA_PYTHON, eventually, free_port, start

WAIT = {
    "StartAt": "Wait",
    "States": {"Wait": {"Type": "Wait", "Seconds": 3600, "Next": "Done"}, "Done": {"Type": "Succeed"}},
}
PID = "import os\ndef handler(event, context):\n    return os.getpid()\n"


def _gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_relative_paths_are_those_of_the_caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    interpreter = Path(os.path.relpath(LAMBDA_PYTHON))
    folder = StateFolder(Path("state"))
    try:
        supervisor.start(folder, free_port(), lambda_python=interpreter)
    finally:
        supervisor.stop(folder)
    assert (tmp_path / "state" / "executions.sqlite").exists()


def test_state_is_kept_over_a_stop(folder: StateFolder) -> None:
    aws = start(folder)
    aws.client("s3").create_bucket(Bucket="kept")
    aws.client("s3").put_object(Bucket="kept", Key="a", Body=b"one")
    url, _ = aws.queue()
    aws.client("sqs").send_message(QueueUrl=url, MessageBody='{"n": 1}')
    function, machine = aws.function(PID), aws.machine(WAIT)
    worker, _ = aws.invoke(function)
    execution = aws.client("stepfunctions").start_execution(stateMachineArn=machine, name="waits")[
        "executionArn"
    ]
    assert supervisor.stop(folder)
    assert folder.running() is None
    assert _gone(worker)

    again = start(folder)
    assert again.client("s3").get_object(Bucket="kept", Key="a")["Body"].read() == b"one"
    assert again.invoke(function)[1] is None
    assert again.client("stepfunctions").describe_execution(executionArn=execution)["status"] == "RUNNING"
    assert again.stack.warnings == ()


def test_table_stream_continues_after_a_restart(folder: StateFolder) -> None:
    aws = start(folder)
    url, queue = aws.queue()
    tell = (
        "import boto3, json\nsqs = boto3.client('sqs')\ndef handler(event, context):\n"
        f"    for r in event['Records']: sqs.send_message(QueueUrl={url.rpartition('/')[2]!r}, "
        "MessageBody=json.dumps(r['dynamodb']['Keys']['pk']['S']))\n"
    )
    role = aws.role({"Action": ["sqs:SendMessage", "sqs:GetQueueUrl"], "Resource": queue})
    stream = aws.client("dynamodb").create_table(
        TableName="streamed",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]["LatestStreamArn"]
    aws.client("lambda").create_event_source_mapping(
        EventSourceArn=stream, FunctionName=aws.function(tell, role=role), StartingPosition="TRIM_HORIZON"
    )
    for name in ("a", "b", "c"):
        aws.client("dynamodb").put_item(TableName="streamed", Item={"pk": {"S": name}})
    assert aws.messages(url, 3) == ["a", "b", "c"]
    supervisor.stop(folder)

    again = start(folder)
    again.client("sqs").purge_queue(QueueUrl=url)
    again.client("dynamodb").put_item(TableName="streamed", Item={"pk": {"S": "d"}})
    assert again.messages(url, 1) == ["d"]


def test_queue_continues_after_a_restart_on_another_port(folder: StateFolder) -> None:
    aws = start(folder)
    told, queue = aws.queue()
    work, source = aws.queue()
    pass_on = (
        "import boto3\nsqs = boto3.client('sqs')\ndef handler(event, context):\n"
        f"    for r in event['Records']: sqs.send_message(QueueUrl={told.rpartition('/')[2]!r}, "
        "MessageBody=r['body'])\n"
    )
    role = aws.role(
        {"Action": ["sqs:SendMessage", "sqs:GetQueueUrl"], "Resource": queue},
        {
            "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
            "Resource": source,
        },
    )
    aws.client("lambda").create_event_source_mapping(
        EventSourceArn=source, FunctionName=aws.function(pass_on, role=role)
    )
    aws.client("sqs").send_message(QueueUrl=work, MessageBody='"before"')
    assert aws.messages(told, 1) == ["before"]
    supervisor.stop(folder)

    again = start(folder)
    again.client("sqs").purge_queue(QueueUrl=told)
    again.client("sqs").send_message(QueueUrl=work, MessageBody='"after"')
    assert again.messages(told, 1) == ["after"]


def test_killed_stack_leaves_no_process(folder: StateFolder) -> None:
    aws = start(folder)
    worker, _ = aws.invoke(aws.function(PID))
    os.kill(aws.stack.pid, signal.SIGKILL)
    eventually(lambda: _gone(worker))
    eventually(lambda: folder.running() is None)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_stack_stops_with_its_parent(folder: StateFolder, number: int) -> None:
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        start(folder, with_parent=True)
        signal.pause()
    eventually(lambda: folder.running() is not None)
    os.kill(child, number)
    os.waitpid(child, 0)
    eventually(lambda: folder.running() is None)


def test_second_start_returns_the_running_stack(folder: StateFolder) -> None:
    first = start(folder).stack
    assert start(folder).stack == first
    with pytest.raises(StackInUse):
        folder.lock()


def test_start_raises_port_in_use(folder: StateFolder) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        busy = taken.getsockname()[1]
        with pytest.raises(PortInUse, match=f"Port {busy} on 127.0.0.1 is in use"):
            start(folder, busy)


def test_status_probe_creates_no_folder_and_does_not_prevent_a_start(folder: StateFolder) -> None:
    assert folder.running() is None
    assert not folder.path.exists()
    folder.prepare()
    (folder.path / "lock").touch()
    with (folder.path / "lock").open() as probe:
        fcntl.flock(probe, fcntl.LOCK_SH)
        threading.Timer(0.1, lambda: fcntl.flock(probe, fcntl.LOCK_UN)).start()
        folder.lock().close()


@pytest.mark.parametrize("file", ["state/services.sqlite", "executions.sqlite"])
def test_unreadable_state_is_reported_and_left_unchanged(folder: StateFolder, file: str) -> None:
    damaged = folder.path / file
    folder.prepare()
    damaged.write_text('{"half": ')
    with pytest.raises(UnreadableState, match=rf"{file} cannot be "):
        start(folder)
    assert damaged.read_text() == '{"half": '


def test_reset_deletes_all_state(folder: StateFolder) -> None:
    aws = start(folder)
    aws.client("s3").create_bucket(Bucket="forgotten")
    aws.machine(WAIT)
    supervisor.reset(folder)
    again = start(folder)
    assert again.client("s3").list_buckets()["Buckets"] == []
    assert again.client("stepfunctions").list_state_machines()["stateMachines"] == []


def test_stack_listens_on_the_loopback_only(folder: StateFolder) -> None:
    stack = start(folder).stack
    files = [str(link.readlink()) for link in Path(f"/proc/{stack.pid}/fd").iterdir()]
    inodes = {name[8:-1] for name in files if name.startswith("socket:")}
    listening = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/{stack.pid}/net/{table}").read_text().splitlines()[1:]
    ]
    addresses = {fields[1].split(":")[0] for fields in listening if fields[3] == "0A" and fields[9] in inodes}
    assert addresses == {"0100007F"}
