"""Executions are deleted 90 days after they ended, with their histories and map runs."""

from typing import Any

import pytest

from stepfunctions_local.engine import Config
from stepfunctions_local.errors import ApiError
from stepfunctions_local.testing import VirtualEngine

DAY = 86400
PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
FAIL = {"StartAt": "F", "States": {"F": {"Type": "Fail"}}}
WAIT = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 100 * DAY, "End": True}}}
MAP = {
    "QueryLanguage": "JSONata",
    "StartAt": "M",
    "States": {
        "M": {
            "Type": "Map",
            "Items": [1, 2],
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                **PASS,
            },
            "End": True,
        }
    },
}


def error_of(engine: VirtualEngine, operation: str, **params: Any) -> str:
    with pytest.raises(ApiError) as raised:
        engine.call(operation, **params)
    return raised.value.code


def test_execution_is_deleted_90_days_after_it_ended() -> None:
    with VirtualEngine() as engine:
        arn = engine.start(engine.create(PASS))
        engine.pass_time(89 * DAY)
        assert engine.describe_execution(executionArn=arn)["status"] == "SUCCEEDED"
        engine.pass_time(2 * DAY)
        assert error_of(engine, "DescribeExecution", executionArn=arn) == "ExecutionDoesNotExist"
        assert error_of(engine, "GetExecutionHistory", executionArn=arn) == "ExecutionDoesNotExist"


def test_running_execution_and_its_successors_are_kept() -> None:
    with VirtualEngine() as engine:
        machine = engine.create(WAIT)
        waiting = engine.start(machine)
        old = engine.start(engine.create(PASS))
        engine.pass_time(95 * DAY)
        recent = engine.start(machine)
        assert error_of(engine, "DescribeExecution", executionArn=old) == "ExecutionDoesNotExist"
        engine.pass_time(10 * DAY)
        assert engine.describe_execution(executionArn=waiting)["status"] == "SUCCEEDED"
        assert engine.describe_execution(executionArn=recent)["status"] == "RUNNING"


def test_map_run_is_deleted_with_its_execution() -> None:
    with VirtualEngine() as engine:
        arn = engine.start(engine.create(MAP))
        (run,) = engine.list_map_runs(executionArn=arn)["mapRuns"]
        (child, _) = engine.list_executions(mapRunArn=run["mapRunArn"])["executions"]
        engine.pass_time(91 * DAY)
        assert error_of(engine, "DescribeExecution", executionArn=child["executionArn"]) == (
            "ExecutionDoesNotExist"
        )
        assert error_of(engine, "DescribeMapRun", mapRunArn=run["mapRunArn"]) == "ResourceNotFound"


def test_failed_execution_is_redrivable_for_14_days() -> None:
    with VirtualEngine() as engine:
        machine = engine.create(FAIL)
        early, late = engine.start(machine), engine.start(machine)
        engine.pass_time(13 * DAY)
        engine.redrive_execution(executionArn=early)
        engine.pass_time(2 * DAY)
        assert error_of(engine, "RedriveExecution", executionArn=late) == "ExecutionNotRedrivable"


def test_retention_follows_the_configuration() -> None:
    with VirtualEngine(config=Config(retention_days=1)) as engine:
        arn = engine.start(engine.create(PASS))
        engine.pass_time(2 * DAY)
        assert error_of(engine, "DescribeExecution", executionArn=arn) == "ExecutionDoesNotExist"
    with VirtualEngine(config=Config(retention_days=None)) as engine:
        arn = engine.start(engine.create(PASS))
        engine.pass_time(1000 * DAY)
        assert engine.describe_execution(executionArn=arn)["status"] == "SUCCEEDED"
