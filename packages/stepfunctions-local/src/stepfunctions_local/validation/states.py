"""One state: its fields, its retriers and catchers, what is particular to its type."""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..integrations import UnknownResource
from . import expressions
from .diagnostics import Findings
from .fields import (
    BATCHER,
    CATCHER,
    READER,
    READER_CONFIG,
    RETRIER,
    STATE_FIELDS,
    WRITER,
    Allowed,
    check_fields,
    check_values,
    members,
    one_of,
    only_one,
)
from .resources import check_credentials, check_resource

if TYPE_CHECKING:
    from .machine import Surroundings

_LABEL = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]+")
_LONGEST_LABEL = 40
_COMBINED = ("And", "Or", "Not")
_VARIABLE = re.compile(r"[^\W\d]\w{0,79}")
_S3_ACTIONS = {"ItemReader": ("getObject", "listObjectsV2"), "ResultWriter": ("putObject",)}


def check_state(body: Mapping[str, Any], place: str, around: "Surroundings") -> None:
    """Everything about a state but the flows inside it and where it leads."""
    findings = around.findings
    language = _language(body, place, around)
    kind = body.get("Type")
    if not isinstance(kind, str):
        findings.error("The field 'Type' is required but was missing", place)
        return
    allowed = STATE_FIELDS.get(kind)
    if allowed is None:
        findings.error(f"Value is not one of the following: [{', '.join(STATE_FIELDS)}]", f"{place}/Type")
        return
    check_fields(body, allowed, language, place, findings)
    check_values(body, language, place, findings)
    if "Next" in allowed.both:
        if body.get("End") is False:
            one_of({k: v for k, v in body.items() if k != "End"}, ("Next", "End"), place, findings)
        else:
            one_of(body, ("Next", "End"), place, findings)
    _check_errors(body, language, place, findings)
    _check_variables(body, place, around)
    checks = {
        "Task": _task,
        "Choice": _choice,
        "Wait": _wait,
        "Fail": _fail,
        "Map": _map,
        "Parallel": _parallel,
    }
    if kind in checks:
        checks[kind](body, language, place, around)
    expressions.check_state(body, language, place, findings)


def _language(body: Mapping[str, Any], place: str, around: "Surroundings") -> str:
    own = body.get("QueryLanguage", around.language)
    if own == "JSONPath" and around.language == "JSONata":
        around.findings.error(
            "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine", place
        )
        return "JSONata"
    return "JSONata" if own == "JSONata" else "JSONPath"


def _check_errors(body: Mapping[str, Any], language: str, place: str, findings: Findings) -> None:
    for name, allowed in (("Retry", RETRIER), ("Catch", CATCHER)):
        rules = members(body, name, dict, findings, place, may_be_empty=True)
        for at, rule in enumerate(rules):
            here = f"{place}/{name}[{at}]"
            check_fields(rule, allowed, language, here, findings)
            check_values(rule, language, here, findings)
            errors = members(rule, "ErrorEquals", str, findings, here)
            for position, error in enumerate(errors):
                if error == "States.ALL" and (len(errors) > 1 or at < len(rules) - 1):
                    findings.error(
                        "States.ALL must appear alone and at end of list", f"{here}/ErrorEquals[{position}]"
                    )


def assignments(body: Any, place: str) -> Iterator[tuple[str, str]]:
    """The variables a state assigns, itself and in its choices and catchers, with the place of each Assign."""
    if not isinstance(body, dict):
        return
    parts = [(body, place)]
    for field in ("Choices", "Catch"):
        rules = body.get(field)
        parts += [
            (rule, f"{place}/{field}[{at}]")
            for at, rule in enumerate(rules if isinstance(rules, list) else ())
        ]
    for part, here in parts:
        assign = part.get("Assign") if isinstance(part, dict) else None
        for name in assign if isinstance(assign, dict) else ():
            yield name.removesuffix(".$"), f"{here}/Assign"


def _check_variables(body: Mapping[str, Any], place: str, around: "Surroundings") -> None:
    """Names that Assign gives: identifiers, not the one reserved for `$states`, none of an outer scope."""
    for variable, here in assignments(body, place):
        if variable == "states" or not _VARIABLE.fullmatch(variable):
            around.findings.error(f"Invalid variable name '{variable}'", here)
        elif variable in around.outer:
            around.findings.error(f"The variable '{variable}' is assigned in an outer scope already", here)


def _task(body: Mapping[str, Any], language: str, place: str, around: "Surroundings") -> None:
    findings = around.findings
    only_one(body, ("TimeoutSeconds", "TimeoutSecondsPath"), place, findings)
    only_one(body, ("HeartbeatSeconds", "HeartbeatSecondsPath"), place, findings)
    timeout, heartbeat = body.get("TimeoutSeconds"), body.get("HeartbeatSeconds")
    if isinstance(timeout, int) and isinstance(heartbeat, int) and heartbeat >= timeout:
        findings.error("HeartbeatSeconds must be smaller than TimeoutSeconds", f"{place}/HeartbeatSeconds")
    check_resource(body, around.express, place, findings)
    check_credentials(body, place, findings)


def _choice(body: Mapping[str, Any], language: str, place: str, around: "Surroundings") -> None:
    findings = around.findings
    for at, rule in enumerate(members(body, "Choices", dict, findings, place)):
        here = f"{place}/Choices[{at}]"
        check_values(rule, language, here, findings)
        if "Next" not in rule:
            findings.error("The field 'Next' is required but was missing", here)
        if language == "JSONata":
            allowed = Allowed(
                frozenset({"Condition", "Next", "Assign", "Output", "Comment"}),
                frozenset(expressions.OPERATORS) | {"Variable", *_COMBINED},
                frozenset(),
                ("Condition",),
            )
            check_fields(rule, allowed, language, here, findings)
        else:
            _comparison(rule, here, findings, top=True)


def _comparison(rule: Mapping[str, Any], place: str, findings: Findings, *, top: bool) -> None:
    extra = {"Next", "Assign", "Comment"} if top else {"Comment"}
    for name in rule:
        if name in ("Condition", "Output"):
            findings.error(
                f"The QueryLanguage is set to 'JSONPath', but field '{name}' is only supported for the "
                "'JSONata' QueryLanguage",
                place,
            )
        elif name not in extra and name not in (*_COMBINED, "Variable", *expressions.OPERATORS):
            findings.error(f"Field '{name}' is not supported", place)
    combined = [name for name in _COMBINED if name in rule]
    operators = [name for name in rule if name in expressions.OPERATORS]
    if len(combined) + len(operators) != 1:
        findings.error("There should be exactly one comparison operator", place)
        return
    for name in combined:
        if name == "Not" and isinstance(rule["Not"], dict):
            _comparison(rule["Not"], f"{place}/Not", findings, top=False)
        elif name != "Not":
            for at, part in enumerate(members(rule, name, dict, findings, place)):
                _comparison(part, f"{place}/{name}[{at}]", findings, top=False)
    if operators:
        if "Variable" not in rule:
            findings.error("The field 'Variable' is required but was missing", place)
        expressions.check_operand(operators[0], rule[operators[0]], f"{place}/{operators[0]}", findings)


def _wait(body: Mapping[str, Any], language: str, place: str, around: "Surroundings") -> None:
    names = (
        ("Seconds", "Timestamp")
        if language == "JSONata"
        else (
            "Seconds",
            "SecondsPath",
            "Timestamp",
            "TimestampPath",
        )
    )
    one_of(body, names, place, around.findings)


def _fail(body: Mapping[str, Any], language: str, place: str, around: "Surroundings") -> None:
    only_one(body, ("Error", "ErrorPath"), place, around.findings)
    only_one(body, ("Cause", "CausePath"), place, around.findings)


def _parallel(body: Mapping[str, Any], language: str, place: str, around: "Surroundings") -> None:
    members(body, "Branches", dict, around.findings, place)


def _map(body: Mapping[str, Any], language: str, place: str, around: "Surroundings") -> None:
    findings = around.findings
    one_of(body, ("ItemProcessor", "Iterator"), place, findings)
    only_one(body, ("ItemSelector", "Parameters"), place, findings)
    for name in ("MaxConcurrency", "ToleratedFailureCount", "ToleratedFailurePercentage"):
        only_one(body, (name, f"{name}Path"), place, findings)
    processor = body.get("ItemProcessor", body.get("Iterator"))
    config = processor.get("ProcessorConfig", {}) if isinstance(processor, dict) else {}
    if isinstance(config, dict):
        here = f"{place}/ItemProcessor/ProcessorConfig"
        check_values(config, language, here, findings)
        distributed = config.get("Mode") == "DISTRIBUTED"
        if distributed and "ExecutionType" not in config:
            findings.error("The field 'ExecutionType' is required but was missing", here)
        if not distributed:
            for name in ("ItemReader", "ItemBatcher", "ResultWriter"):
                if name in body:
                    findings.error(f"Field '{name}' is only supported for the 'DISTRIBUTED' mode", place)
        if distributed and around.express:
            findings.error("Express state machine does not support 'DISTRIBUTED' Map", here)
    _label(body, place, around)
    for name, allowed in (("ItemReader", READER), ("ItemBatcher", BATCHER), ("ResultWriter", WRITER)):
        part = body.get(name)
        if isinstance(part, dict):
            check_fields(part, allowed, language, f"{place}/{name}", findings)
            check_values(part, language, f"{place}/{name}", findings)
            _check_s3(name, part, place, findings)
    _reader_config(body, language, place, findings)
    batcher = body.get("ItemBatcher")
    if isinstance(batcher, dict):
        for name in ("MaxItemsPerBatch", "MaxInputBytesPerBatch"):
            only_one(batcher, (name, f"{name}Path"), f"{place}/ItemBatcher", findings)


def _check_s3(name: str, part: Mapping[str, Any], place: str, findings: Findings) -> None:
    resource = part.get("Resource")
    if not isinstance(resource, str) or name not in _S3_ACTIONS:
        return
    _, _, action = resource.partition(":states:::s3:")
    if not resource.startswith("arn:aws") or action not in _S3_ACTIONS[name]:
        findings.error(str(UnknownResource(resource)), f"{place}/{name}/Resource")


def _reader_config(body: Mapping[str, Any], language: str, place: str, findings: Findings) -> None:
    reader = body.get("ItemReader")
    config = reader.get("ReaderConfig") if isinstance(reader, dict) else None
    if not isinstance(config, dict):
        return
    here = f"{place}/ItemReader/ReaderConfig"
    check_fields(config, READER_CONFIG, language, here, findings)
    check_values(config, language, here, findings)
    only_one(config, ("MaxItems", "MaxItemsPath"), here, findings)
    if config.get("CSVHeaderLocation") == "GIVEN" and "CSVHeaders" not in config:
        findings.error("The field 'CSVHeaders' is required but was missing", here)


def _label(body: Mapping[str, Any], place: str, around: "Surroundings") -> None:
    label = body.get("Label")
    if not isinstance(label, str):
        return
    here, findings = f"{place}/Label", around.findings
    if not label:
        findings.error("Label cannot be empty", here, "INVALID_LABEL_NAME")
    elif len(label) > _LONGEST_LABEL:
        findings.error(f"Label cannot exceed {_LONGEST_LABEL} characters", here, "INVALID_LABEL_NAME")
    elif not _LABEL.fullmatch(label):
        findings.error("Label contains an invalid character", here, "INVALID_LABEL_NAME")
    elif label in around.labels:
        findings.error(f"Duplicate label name: {label}", here, "DUPLICATE_LABEL_NAME")
    around.labels.add(label)
