"""Checks of event source mappings that MiniStack does not make.

Sources: the Lambda API reference (CreateEventSourceMapping), and the Lambda Developer Guide, "Creating and configuring
an Amazon SQS event source mapping" and "Control which events Lambda sends to your function". Constraints of the API
model are checked by `request_checks`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ministack.core.arn import ArnParseError, parse_arn
from ministack.core.responses import error_response_json
from ministack.services import lambda_svc, sqs

from ..identity.role_permissions import missing_permission

type Mapping = dict[str, Any]

_MAX_BATCH_WITHOUT_WINDOW = 10
_MAX_FIFO_BATCH = 10
_RANGES = (
    ("BatchSize", 1, 10_000),
    ("MaximumBatchingWindowInSeconds", 0, 300),
    ("ParallelizationFactor", 1, 10),
    ("MaximumRecordAgeInSeconds", -1, 604_800),
    ("MaximumRetryAttempts", -1, 10_000),
    ("TumblingWindowInSeconds", 0, 900),
)
_MAX_PATTERN = 4_096
# The default quota of a source; AWS raises it to 10 on request.
_MAX_FILTERS = 5
_STREAM_BATCH = 100
_POSITIONS = {"dynamodb": ("LATEST", "TRIM_HORIZON"), "kinesis": ("LATEST", "TRIM_HORIZON", "AT_TIMESTAMP")}
_READ_QUEUE = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


@dataclass(frozen=True, slots=True)
class Problem:
    """An error of AWS."""

    message: str
    code: str = "InvalidParameterValueException"
    status: int = 400


def check_queue_mapping(mapping: Mapping, visibility_timeout: int, function_timeout: int) -> Problem | None:
    """Return the error of an invalid mapping of a queue; None if it is valid."""
    if (problem := _check_batches(mapping)) is not None:
        return problem
    size, window = (
        int(mapping.get("BatchSize") or 10),
        int(mapping.get("MaximumBatchingWindowInSeconds") or 0),
    )
    if mapping.get("StartingPosition"):
        return Problem("StartingPosition is not valid for SQS event sources.")
    if str(mapping["EventSourceArn"]).endswith(".fifo"):
        if window:
            return Problem("Batching window is not supported for FIFO queues")
        if size > _MAX_FIFO_BATCH:
            return Problem(
                f"Batch size {size} is greater than the maximum of FIFO queues, {_MAX_FIFO_BATCH}."
            )
    if size > _MAX_BATCH_WITHOUT_WINDOW and not window:
        return Problem(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than"
            f" {_MAX_BATCH_WITHOUT_WINDOW}"
        )
    if (problem := _check_filters(mapping)) is not None:
        return problem
    if visibility_timeout < function_timeout:
        return Problem(
            f"Queue visibility timeout: {visibility_timeout} seconds is less than Function timeout:"
            f" {function_timeout} seconds"
        )
    return None


def check_stream_mapping(mapping: Mapping, service: str) -> Problem | None:
    """Return the error of an invalid mapping of a stream; None if it is valid."""
    position = mapping.get("StartingPosition")
    if not position:
        return Problem(
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must"
            " not be null."
        )
    if position not in _POSITIONS[service]:
        return Problem(f"Unsupported starting position for arn type: {mapping['EventSourceArn']}")
    if mapping.get("ScalingConfig"):
        return Problem("ScalingConfig is only supported for Amazon SQS event sources.")
    return _check_batches(mapping) or _check_filters(mapping)


def _check_batches(mapping: Mapping) -> Problem | None:
    """Return the error of a number out of its range. Properties in CloudFormation do not pass `request_checks`."""
    for name, least, most in _RANGES:
        value = mapping.get(name)
        if value is not None and not least <= int(value) <= most:
            return _constraint(int(value), name[0].lower() + name[1:], least, most)
    return None


def _constraint(value: int, name: str, least: int, most: int) -> Problem:
    bound = f"less than or equal to {most}" if value > most else f"greater than or equal to {least}"
    return Problem(
        f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint:"
        f" Member must have value {bound}",
        code="ValidationException",
    )


def _check_filters(mapping: Mapping) -> Problem | None:
    filters = (mapping.get("FilterCriteria") or {}).get("Filters") or ()
    if len(filters) > _MAX_FILTERS:
        return Problem(
            f"FilterCriteria has {len(filters)} filters; the quota is {_MAX_FILTERS} for an event source."
        )
    if all(_is_pattern(each.get("Pattern")) for each in filters):
        return None
    return Problem("Invalid filter pattern definition.")


def _is_pattern(text: object) -> bool:
    """Return whether a filter pattern is an object whose leaves are lists."""
    if not isinstance(text, str) or len(text) > _MAX_PATTERN:
        return False
    try:
        pattern = json.loads(text)
    except ValueError:
        return False

    def valid(value: Any) -> bool:
        if isinstance(value, dict):
            return bool(value) and all(valid(each) for each in value.values())
        return isinstance(value, list) and bool(value)

    return isinstance(pattern, dict) and valid(pattern)


def install_mapping_checks() -> None:
    """Check mappings when they are created and changed, in the Lambda API and in CloudFormation."""
    from ministack.services.cloudformation import provisioners

    create, update, delete = lambda_svc._create_esm, lambda_svc._update_esm, lambda_svc._delete_esm
    get = lambda_svc._get_esm
    handlers = provisioners._RESOURCE_HANDLERS["AWS::Lambda::EventSourceMapping"]
    provision, change = handlers["create"], handlers["update"]

    def checked_create(data: Mapping) -> Any:
        return _rejected(_problem(data) or _duplicate(data)) or create(_with_defaults(data))

    def checked_update(identifier: str, data: Mapping) -> Any:
        stored = lambda_svc._esms.get(identifier)
        if stored is None:
            return _no_mapping()
        return _rejected(_problem(stored | data)) or update(identifier, data)

    def checked_provision(logical_id: str, properties: Mapping, stack_name: str) -> Any:
        _require_valid(_problem(properties) or _duplicate(properties))
        return provision(logical_id, _with_defaults(properties), stack_name)

    def checked_change(physical_id: str, old: Mapping, new: Mapping, stack_name: str) -> Any:
        _require_valid(_problem(new))
        return change(physical_id, old, new, stack_name)

    def known(operation: Any) -> Any:
        return lambda identifier: operation(identifier) if identifier in lambda_svc._esms else _no_mapping()

    lambda_svc._create_esm, lambda_svc._update_esm = checked_create, checked_update
    lambda_svc._get_esm, lambda_svc._delete_esm = known(get), known(delete)
    handlers |= {"create": checked_provision, "update": checked_change}


def _problem(mapping: Mapping) -> Problem | None:
    """Return the error of a mapping; sources of other kinds are MiniStack's to check."""
    function, config, _ = lambda_svc._get_func_record_for_ref(str(mapping.get("FunctionName") or ""))
    if function is None or config is None:
        return Problem("Function does not exist")
    if not mapping.get("EventSourceArn"):
        return Problem("Unrecognized event source.")
    try:
        service = parse_arn(mapping["EventSourceArn"]).service
    except ArnParseError:
        return None
    if service in _POSITIONS:
        return check_stream_mapping(mapping, service)
    return _queue_problem(mapping, config) if service == "sqs" else None


def _queue_problem(mapping: Mapping, config: dict[str, Any]) -> Problem | None:
    arn = mapping["EventSourceArn"]
    queue = next((each for each in sqs._queues.values() if each["attributes"].get("QueueArn") == arn), None)
    if queue is None:
        return Problem(
            "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error"
            " Message: The specified queue does not exist."
        )
    # MiniStack stores a starting position of its own with mappings of queues.
    own = {
        name: value for name, value in mapping.items() if name != "StartingPosition" or "UUID" not in mapping
    }
    visibility = int(queue["attributes"].get("VisibilityTimeout", 30))
    problem = check_queue_mapping(own, visibility, int(config.get("Timeout", 3)))
    if problem is not None:
        return problem
    missing = missing_permission(config["Role"], _READ_QUEUE, arn)
    if missing is None:
        return None
    operation = missing.partition(":")[2]
    return Problem(f"The function execution role does not have permissions to call {operation} on SQS")


def _duplicate(mapping: Mapping) -> Problem | None:
    _, config, _ = lambda_svc._get_func_record_for_ref(str(mapping["FunctionName"]))
    source, name = mapping["EventSourceArn"], config["FunctionName"]
    qualifier = lambda_svc._resolve_request_scoped_name_and_qualifier(str(mapping["FunctionName"]))[1]
    for stored in lambda_svc._esms.values():
        if (stored["EventSourceArn"], stored["FunctionName"], stored.get("Qualifier")) == (
            source,
            name,
            qualifier,
        ):
            kind = "An event source mapping with SQS arn" if ":sqs:" in source else "The event source arn"
            state = "already exists" if ":sqs:" in source else "provided mapping already exists"
            return Problem(
                f'{kind} (" {source} ") and function (" {name} ") {state}. Please update or delete the existing'
                f" mapping with UUID {stored['UUID']}",
                code="ResourceConflictException",
                status=409,
            )
    return None


def _with_defaults(mapping: Mapping) -> Mapping:
    """Add the size of a batch that Lambda has for streams, where MiniStack has that of queues."""
    if ":sqs:" in str(mapping["EventSourceArn"]) or mapping.get("BatchSize") is not None:
        return mapping
    return mapping | {"BatchSize": _STREAM_BATCH}


def _no_mapping() -> Any:
    return _rejected(Problem("The resource you requested does not exist.", "ResourceNotFoundException", 404))


def _rejected(problem: Problem | None) -> Any:
    return None if problem is None else error_response_json(problem.code, problem.message, problem.status)


def _require_valid(problem: Problem | None) -> None:
    if problem is not None:
        raise ValueError(f'Resource handler returned message: "Invalid request provided: {problem.message}"')
