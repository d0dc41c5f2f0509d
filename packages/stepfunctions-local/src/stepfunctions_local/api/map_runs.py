"""Operations on map runs."""

from collections.abc import Mapping
from typing import Any

from ..errors import ApiError
from ..interpreter.map_run import counts_of_ended
from . import arns
from .paging import Pages
from .session import Session


def map_run(session: Session, arn: str) -> dict[str, Any]:
    """Return the document of a map run. Raises ApiError InvalidArn, ResourceNotFound."""
    arns.parse(arn, "mapRun")
    run = session.store.get("map_run", arn)
    if run is None:
        raise ApiError("ResourceNotFound", f"Resource not found: '{arn}'", resourceName=arn)
    return run


_DESCRIBED = (
    "mapRunArn",
    "executionArn",
    "status",
    "startDate",
    "stopDate",
    "maxConcurrency",
    "itemCounts",
    "executionCounts",
    "redriveCount",
    "redriveDate",
)


def describe(session: Session, params: Mapping[str, Any]) -> dict[str, Any]:
    """Describe a map run."""
    run = map_run(session, params["mapRunArn"])
    live = session.engine.map_runs.get(run["mapRunArn"])
    run |= live.counts() if live is not None else counts_of_ended(session.store, run)
    response = {name: run[name] for name in _DESCRIBED if name in run}
    response["toleratedFailureCount"] = run["toleratedFailureCount"] or 0
    response["toleratedFailurePercentage"] = float(run["toleratedFailurePercentage"] or 0)
    return response


def list_all(session: Session, params: Mapping[str, Any]) -> dict[str, Any]:
    """List the map runs of an execution, newest first."""
    arn = arns.parse(params["executionArn"], "execution").text
    if session.engine.execution_row(arn) is None:
        raise ApiError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
    machine = arn.rpartition(":")[0].replace(":execution:", ":mapRun:")
    runs = [run for run in session.store.scan("map_run", f"{machine}/") if run["executionArn"] == arn]
    runs.sort(key=lambda run: run["startDate"], reverse=True)
    pages = Pages(session, "ListMapRuns", params)
    items, token = pages.select(runs, lambda run: run["mapRunArn"])
    fields = ("executionArn", "mapRunArn", "stateMachineArn", "startDate", "stopDate")
    return {"mapRuns": [{name: run[name] for name in fields if name in run} for run in items], **token}


def update(session: Session, params: Mapping[str, Any]) -> dict[str, Any]:
    """Change the limits of a map run."""
    run = map_run(session, params["mapRunArn"])
    for name in ("maxConcurrency", "toleratedFailureCount", "toleratedFailurePercentage"):
        if params.get(name) is not None:
            run[name] = params[name]
    session.store.put("map_run", run["mapRunArn"], run)
    session.engine.update_map_run(run)
    return {}


OPERATIONS = {"DescribeMapRun": describe, "ListMapRuns": list_all, "UpdateMapRun": update}
