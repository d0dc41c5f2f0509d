"""Starting, ending, killing and starting again: what is kept, what is said, what is left behind."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import socket
import threading
from pathlib import Path

import pytest

from local_aws import supervisor
from local_aws.home import CannotStart, Home, StackInUse, port

from .conftest import Aws, eventually, free_port

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


def test_a_stack_ended_in_order_keeps_all_it_held(own_home: Home) -> None:
    aws = Aws(own_home, supervisor.start(own_home, free_port()))
    aws.client("s3").create_bucket(Bucket="kept")
    aws.client("s3").put_object(Bucket="kept", Key="a", Body=b"one")
    url, _ = aws.queue()
    aws.client("sqs").send_message(QueueUrl=url, MessageBody='{"n": 1}')
    function, machine = aws.function(PID), aws.machine(WAIT)
    worker, _ = aws.invoke(function)
    execution = aws.client("stepfunctions").start_execution(stateMachineArn=machine, name="waits")[
        "executionArn"
    ]
    assert supervisor.stop(own_home)
    assert own_home.running() is None
    assert _gone(worker)

    again = Aws(own_home, supervisor.start(own_home, free_port()))
    assert again.client("s3").get_object(Bucket="kept", Key="a")["Body"].read() == b"one"
    assert again.invoke(function)[1] is None
    assert again.client("stepfunctions").describe_execution(executionArn=execution)["status"] == "RUNNING"
    assert supervisor.warnings(own_home, again.stack) == []


def test_a_tables_stream_is_read_on_after_a_restart(own_home: Home) -> None:
    aws = Aws(own_home, supervisor.start(own_home, free_port()))
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
    supervisor.stop(own_home)

    again = Aws(own_home, supervisor.start(own_home, free_port()))
    again.client("sqs").purge_queue(QueueUrl=url)
    again.client("dynamodb").put_item(TableName="streamed", Item={"pk": {"S": "d"}})
    assert again.messages(url, 1) == ["d"]


def test_a_queue_is_read_on_after_a_restart_on_another_port(own_home: Home) -> None:
    aws = Aws(own_home, supervisor.start(own_home, free_port()))
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
    supervisor.stop(own_home)

    again = Aws(own_home, supervisor.start(own_home, free_port()))
    again.client("sqs").purge_queue(QueueUrl=told)
    again.client("sqs").send_message(QueueUrl=work, MessageBody='"after"')
    assert again.messages(told, 1) == ["after"]


def test_a_killed_stack_leaves_no_process_and_says_what_it_lost(own_home: Home) -> None:
    aws = Aws(own_home, supervisor.start(own_home, free_port()))
    aws.client("stepfunctions").start_execution(stateMachineArn=aws.machine(WAIT), name="waited-long")
    supervisor.stop(own_home)
    aws = Aws(own_home, supervisor.start(own_home, free_port()))
    worker, _ = aws.invoke(aws.function(PID))
    aws.client("stepfunctions").start_execution(stateMachineArn=aws.machine(WAIT), name="went-on")
    os.kill(aws.stack.pid, signal.SIGKILL)
    eventually(lambda: _gone(worker))
    eventually(lambda: own_home.running() is None)

    again = supervisor.start(own_home, free_port())
    said = supervisor.warnings(own_home, again)
    assert any("which IAM does not know" in line for line in said)
    assert any("went-on" in line and "The stack was killed" in line for line in said)
    assert not any("waited-long" in line for line in said)


def test_a_stack_ends_with_the_process_that_asked_for_it(own_home: Home) -> None:
    child = os.fork()
    if child == 0:
        supervisor.start(own_home, free_port(), with_parent=True)
        os._exit(0)
    os.waitpid(child, 0)
    eventually(lambda: own_home.running() is None)


def test_starting_twice_is_starting_once(own_home: Home) -> None:
    first = supervisor.start(own_home, free_port())
    assert supervisor.start(own_home, free_port()) == first
    with pytest.raises(StackInUse):
        own_home.lock()


def test_a_busy_port_is_refused_in_a_sentence(own_home: Home) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        busy = taken.getsockname()[1]
        with pytest.raises(CannotStart, match=f"Port {busy} on 127.0.0.1 is in use .* TILLFLOW_PORT="):
            supervisor.start(own_home, busy)


@pytest.mark.parametrize("chosen", ["abc", "0", "99999", "-1", "45.6"])
def test_a_port_that_is_none_is_refused_in_a_sentence(chosen: str) -> None:
    with pytest.raises(CannotStart, match=f"TILLFLOW_PORT is '{chosen}'; expected a port from 1 to 65535"):
        port({"TILLFLOW_PORT": chosen})


def test_looking_whether_a_stack_runs_makes_no_folder_and_stops_no_start(own_home: Home) -> None:
    assert own_home.running() is None
    assert not own_home.path.exists()
    own_home.prepare()
    (own_home.path / "lock").touch()
    with (own_home.path / "lock").open() as looked_at:
        fcntl.flock(looked_at, fcntl.LOCK_SH)
        threading.Timer(0.1, lambda: fcntl.flock(looked_at, fcntl.LOCK_UN)).start()
        own_home.lock().close()


@pytest.mark.parametrize("file", ["state/dynamodb.json", "executions.sqlite"])
def test_damaged_data_is_refused_by_name_and_left_as_it_is(own_home: Home, file: str) -> None:
    damaged = own_home.path / file
    own_home.prepare()
    damaged.write_text('{"half": ')
    with pytest.raises(CannotStart, match=rf"{file} cannot be .*`till reset`"):
        supervisor.start(own_home, free_port())
    assert damaged.read_text() == '{"half": '


def test_what_could_not_be_saved_is_told(own_home: Home) -> None:
    aws = Aws(own_home, supervisor.start(own_home, free_port()))
    shutil.rmtree(own_home.state)
    own_home.state.write_text("a file where the folder was")
    aws.client("s3").create_bucket(Bucket="lost")
    supervisor.stop(own_home)
    assert not supervisor.kept(own_home)
    assert "failed to save" in own_home.log.read_text()


def test_a_reset_forgets_everything(own_home: Home) -> None:
    aws = Aws(own_home, supervisor.start(own_home, free_port()))
    aws.client("s3").create_bucket(Bucket="forgotten")
    aws.machine(WAIT)
    supervisor.reset(own_home)
    again = Aws(own_home, supervisor.start(own_home, free_port()))
    assert again.client("s3").list_buckets()["Buckets"] == []
    assert again.client("stepfunctions").list_state_machines()["stateMachines"] == []


def test_only_the_loopback_is_listened_on(own_home: Home) -> None:
    stack = supervisor.start(own_home, free_port())
    files = [str(link.readlink()) for link in Path(f"/proc/{stack.pid}/fd").iterdir()]
    inodes = {name[8:-1] for name in files if name.startswith("socket:")}
    listening = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/{stack.pid}/net/{table}").read_text().splitlines()[1:]
    ]
    addresses = {fields[1].split(":")[0] for fields in listening if fields[3] == "0A" and fields[9] in inodes}
    assert addresses == {"0100007F"}


def test_the_note_of_the_last_save_survives(own_home: Home) -> None:
    supervisor.start(own_home, free_port())
    note = own_home.path / "saved.json"
    assert json.loads(note.read_text())["clean"] is False
    supervisor.stop(own_home)
    assert json.loads(note.read_text())["clean"] is True
