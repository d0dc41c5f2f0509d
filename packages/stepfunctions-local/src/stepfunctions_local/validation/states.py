"""Validation of one state: fields, retriers, catchers, and the rules of its type."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .context import FlowContext
from .diagnostics import Findings
from .fields import (
    BATCHER,
    CATCHER,
    READER,
    READER_CONFIG,
    RETRIER,
    STATE_FIELDS,
    WRITER,
    WRITER_CONFIG,
    Allowed,
    check_choice,
    check_fields,
    check_values,
    members,
    one_of,
    only_one,
    require,
)
from .jsonata_fields import check_jsonata_fields
from .jsonpath_fields import OPERATORS, check_jsonpath_fields, check_operand
from .resources import check_credentials, check_resource
from .variables import jsonpath_variables

_LABEL = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]+")
_MAX_LABEL_LENGTH = 40
_FLOWS = frozenset({"Branches", "ItemProcessor", "Iterator"})
_COMBINED = ("And", "Or", "Not")
_SELECTORS = (*_COMBINED, "Variable", "Condition")
_TYPES = ("Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map")
_VARIABLE = re.compile(r"[^\W\d]\w{0,79}")
_S3_ACTIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "ItemReader": {"getObject": ("Bucket", "Key"), "listObjectsV2": ("Bucket",)},
    "ResultWriter": {"putObject": ("Bucket",)},
}
"""The actions of a Map's reader and writer, with their required arguments."""
_CONFIGS = {
    "ItemReader": ("ReaderConfig", READER_CONFIG, ("NONE", "LOAD_AND_FLATTEN")),
    "ResultWriter": ("WriterConfig", WRITER_CONFIG, ("NONE", "COMPACT", "FLATTEN")),
}
"""The configuration of a Map's reader and writer: its field, that field's fields, and the transformations."""


def check_state(body: Mapping[str, Any], location: str, context: FlowContext) -> None:
    """Check a state, except the flows inside it and its transitions."""
    findings = context.findings
    language = _language(body, location, context)
    kind = body.get("Type")
    if kind is None:
        require(body, ("Type",), location, findings)
        return
    allowed = STATE_FIELDS.get(kind) if isinstance(kind, str) else None
    if allowed is None:
        findings.error(
            f"The field 'Type' should have one of these values: [{', '.join(_TYPES)}]", f"{location}/Type"
        )
        return
    check_fields(body, allowed, language, location, findings)
    check_values(body, language, location, findings)
    if "Next" in allowed.both:
        if body.get("End") is False:
            one_of({k: v for k, v in body.items() if k != "End"}, ("Next", "End"), location, findings)
        else:
            one_of(body, ("Next", "End"), location, findings)
    _check_errors(body, language, location, findings)
    _check_variables(body, location, context)
    checks = {
        "Task": _task,
        "Choice": _choice,
        "Wait": _wait,
        "Fail": _fail,
        "Map": _map,
        "Parallel": _parallel,
    }
    if kind in checks:
        checks[kind](body, language, location, context)
    own_fields = {name: value for name, value in body.items() if name not in _FLOWS}
    if language == "JSONata":
        check_jsonata_fields(own_fields, location, findings)
    else:
        check_jsonpath_fields(own_fields, location, findings)
        _check_references(own_fields, location, context)


def _language(body: Mapping[str, Any], location: str, context: FlowContext) -> str:
    own = body.get("QueryLanguage", context.language)
    if own == "JSONPath" and context.language == "JSONata":
        context.findings.error(
            "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine", location
        )
        return "JSONata"
    return "JSONata" if own == "JSONata" else "JSONPath"


def _check_errors(body: Mapping[str, Any], language: str, location: str, findings: Findings) -> None:
    for name, allowed in (("Retry", RETRIER), ("Catch", CATCHER)):
        rules = members(body, name, dict, findings, location, may_be_empty=True)
        for at, rule in enumerate(rules):
            field_location = f"{location}/{name}[{at}]"
            check_fields(rule, allowed, language, field_location, findings)
            check_values(rule, language, field_location, findings)
            errors = members(rule, "ErrorEquals", str, findings, field_location)
            for position, error in enumerate(errors):
                if error == "States.ALL" and (len(errors) > 1 or at < len(rules) - 1):
                    findings.error(
                        "States.ALL must appear alone and at end of list",
                        f"{field_location}/ErrorEquals[{position}]",
                    )


def assignments(body: Any, location: str) -> Iterator[tuple[str, str]]:
    """Yield the variables that a state, its choices and its catchers assign, with the location of each Assign."""
    if not isinstance(body, dict):
        return
    parts = [(body, location)]
    for field in ("Choices", "Catch"):
        rules = body.get(field)
        parts += [
            (rule, f"{location}/{field}[{at}]")
            for at, rule in enumerate(rules if isinstance(rules, list) else ())
        ]
    for part, field_location in parts:
        assign = part.get("Assign") if isinstance(part, dict) else None
        for name in assign if isinstance(assign, dict) else ():
            yield name.removesuffix(".$"), f"{field_location}/Assign"


def _check_variables(body: Mapping[str, Any], location: str, context: FlowContext) -> None:
    """Check assigned names: identifiers, not the reserved `states`, not assigned in an outer scope."""
    for variable, field_location in assignments(body, location):
        if variable == "states":
            context.findings.error(
                "Cannot assign to reserved variable '$states'.", field_location, "RESERVED_VARIABLE_NAME"
            )
        elif not _VARIABLE.fullmatch(variable):
            context.findings.error(
                f"Invalid variable name '{variable}': the variable name contains invalid characters.",
                field_location,
                "INVALID_VARIABLE_NAME",
            )
        elif variable in context.outer_variables:
            context.findings.error(
                f"The variable '{variable}' is assigned in an outer scope already", field_location
            )


def _check_references(fields: Mapping[str, Any], location: str, context: FlowContext) -> None:
    """Check that the variables a JSONPath state reads are assigned in a scope that it sees."""
    if context.visible_variables is None:
        return
    for name in dict.fromkeys(jsonpath_variables(fields)):
        if name not in context.visible_variables:
            context.findings.error(f"The variable '{name}' is not defined", location)


def _task(body: Mapping[str, Any], language: str, location: str, context: FlowContext) -> None:
    findings = context.findings
    only_one(body, ("TimeoutSeconds", "TimeoutSecondsPath"), location, findings)
    only_one(body, ("HeartbeatSeconds", "HeartbeatSecondsPath"), location, findings)
    timeout, heartbeat = body.get("TimeoutSeconds"), body.get("HeartbeatSeconds")
    if isinstance(timeout, int) and isinstance(heartbeat, int) and heartbeat >= timeout:
        findings.error("HeartbeatSeconds must be smaller than TimeoutSeconds", f"{location}/HeartbeatSeconds")
    check_resource(body, language, context.express, location, findings)
    check_credentials(body, location, findings)


def _choice(body: Mapping[str, Any], language: str, location: str, context: FlowContext) -> None:
    findings = context.findings
    for at, rule in enumerate(members(body, "Choices", dict, findings, location)):
        field_location = f"{location}/Choices[{at}]"
        check_values(rule, language, field_location, findings)
        require(rule, ("Next",), field_location, findings)
        if language == "JSONata":
            allowed = Allowed(
                frozenset({"Condition", "Next", "Assign", "Output", "Comment"}),
                frozenset(OPERATORS) | {"Variable", *_COMBINED},
                frozenset(),
            )
            check_fields(rule, allowed, language, field_location, findings)
            _one_selector(rule, field_location, findings)
            condition = rule.get("Condition", True)
            if not isinstance(condition, bool) and not _has_delimiter(condition):
                findings.error("Expected value of type Boolean", f"{field_location}/Condition")
        else:
            _comparison(rule, field_location, findings, top=True)


def _has_delimiter(value: Any) -> bool:
    """Return whether a value is an expression, or meant as one: those are checked with all expressions."""
    return isinstance(value, str) and (value.startswith("{%") or value.endswith("%}"))


def _comparison(rule: Mapping[str, Any], location: str, findings: Findings, *, top: bool) -> None:
    extra = {"Next", "Assign", "Comment"} if top else {"Comment"}
    for name in rule:
        if name in ("Condition", "Output"):
            findings.error(
                f"The QueryLanguage is set to 'JSONPath', but field '{name}' is only supported for the "
                "'JSONata' QueryLanguage",
                location,
            )
        elif name not in extra and name not in (*_COMBINED, "Variable", *OPERATORS):
            findings.error(f"Field '{name}' is not supported", location)
    if not _one_selector(rule, location, findings):
        return
    for name in (name for name in _COMBINED if name in rule):
        if name == "Not":
            if isinstance(rule["Not"], dict):
                _comparison(rule["Not"], f"{location}/Not", findings, top=False)
            else:
                findings.error("Expected value of type Object", f"{location}/Not")
        else:
            for at, part in enumerate(members(rule, name, dict, findings, location)):
                _comparison(part, f"{location}/{name}[{at}]", findings, top=False)
    if "Variable" in rule:
        one_of(rule, OPERATORS, location, findings)
    for name in (name for name in rule if name in OPERATORS):
        check_operand(name, rule[name], f"{location}/{name}", findings)


def _one_selector(rule: Mapping[str, Any], location: str, findings: Findings) -> bool:
    """Return whether a rule has one condition; report it when it has none or several."""
    if sum(name in rule for name in _SELECTORS) == 1:
        return True
    findings.error(
        f"The object must have only one of the following fields, [{', '.join(_SELECTORS)}]", location
    )
    return False


def _wait(body: Mapping[str, Any], language: str, location: str, context: FlowContext) -> None:
    names = (
        ("Seconds", "Timestamp")
        if language == "JSONata"
        else (
            "SecondsPath",
            "Seconds",
            "TimestampPath",
            "Timestamp",
        )
    )
    one_of(body, names, location, context.findings)


def _fail(body: Mapping[str, Any], language: str, location: str, context: FlowContext) -> None:
    only_one(body, ("Error", "ErrorPath"), location, context.findings)
    only_one(body, ("Cause", "CausePath"), location, context.findings)


def _parallel(body: Mapping[str, Any], language: str, location: str, context: FlowContext) -> None:
    members(body, "Branches", dict, context.findings, location)


def _map(body: Mapping[str, Any], language: str, location: str, context: FlowContext) -> None:
    findings = context.findings
    one_of(body, ("ItemProcessor", "Iterator"), location, findings)
    only_one(body, ("ItemSelector", "Parameters"), location, findings)
    for name in ("MaxConcurrency", "ToleratedFailureCount", "ToleratedFailurePercentage"):
        only_one(body, (name, f"{name}Path"), location, findings)
    processor = body.get("ItemProcessor", body.get("Iterator"))
    config = processor.get("ProcessorConfig", {}) if isinstance(processor, dict) else {}
    if isinstance(config, dict):
        name = "ItemProcessor" if "ItemProcessor" in body else "Iterator"
        field_location = f"{location}/{name}/ProcessorConfig"
        check_values(config, language, field_location, findings)
        distributed = config.get("Mode") == "DISTRIBUTED"
        if distributed:
            require(config, ("ExecutionType",), field_location, findings)
        elif config.get("Mode") == "INLINE" and "ExecutionType" in config:
            findings.error("Field 'ExecutionType' is not supported", field_location)
        if not distributed:
            for name in ("ItemReader", "ItemBatcher", "ResultWriter"):
                if name in body:
                    findings.error(f"Field '{name}' is only supported for the 'DISTRIBUTED' mode", location)
        if distributed and context.express:
            findings.error(
                "The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state machines",
                f"{field_location}/Mode",
            )
    _label(body, location, context)
    for name, allowed in (("ItemReader", READER), ("ItemBatcher", BATCHER), ("ResultWriter", WRITER)):
        part = body.get(name)
        if isinstance(part, dict):
            check_fields(part, allowed, language, f"{location}/{name}", findings)
            check_values(part, language, f"{location}/{name}", findings)
            _check_s3(name, part, language, location, findings)
            _check_config(name, part, language, location, findings)
    batcher = body.get("ItemBatcher")
    if isinstance(batcher, dict):
        for name in ("MaxItemsPerBatch", "MaxInputBytesPerBatch"):
            only_one(batcher, (name, f"{name}Path"), f"{location}/ItemBatcher", findings)


def _check_s3(name: str, part: Mapping[str, Any], language: str, location: str, findings: Findings) -> None:
    """Check the Resource of a reader or writer, and its arguments when they are an object."""
    resource = part.get("Resource")
    if not isinstance(resource, str) or name not in _S3_ACTIONS:
        return
    _, _, action = resource.partition(":states:::s3:")
    if not resource.startswith("arn:aws") or action not in _S3_ACTIONS[name]:
        findings.error(
            "The field 'Resource' does not match any of the allowed values", f"{location}/{name}/Resource"
        )
        return
    field = "Arguments" if language == "JSONata" else "Parameters"
    arguments = part.get(field, {})
    if not isinstance(arguments, dict):
        # The type of an expression's value is checked when it is evaluated.
        if not (language == "JSONata" and _has_delimiter(arguments)):
            findings.error("Expected value of type Object", f"{location}/{name}/{field}")
    else:
        names = {argument.removesuffix(".$") for argument in arguments}
        for missing in (required for required in _S3_ACTIONS[name][action] if required not in names):
            findings.error(f"The field '{missing}' is required but was missing", f"{location}/{name}/{field}")


def _check_config(
    name: str, part: Mapping[str, Any], language: str, location: str, findings: Findings
) -> None:
    """Check ReaderConfig or WriterConfig."""
    field, allowed, transformations = _CONFIGS.get(name, ("", None, ()))
    config = part.get(field)
    if allowed is None or not isinstance(config, dict):
        return
    field_location = f"{location}/{name}/{field}"
    check_fields(config, allowed, language, field_location, findings)
    check_values(config, language, field_location, findings)
    members(config, "CSVHeaders", str, findings, field_location, may_be_empty=True)
    if "Transformation" in config:
        check_choice(config["Transformation"], transformations, f"{field_location}/Transformation", findings)
    only_one(config, ("MaxItems", "MaxItemsPath"), field_location, findings)
    if config.get("CSVHeaderLocation") == "GIVEN":
        require(config, ("CSVHeaders",), field_location, findings)
    if config.get("InputType") == "CSV" and "CSVHeaderLocation" not in config:
        findings.error("The field 'CSVHeaderLocation' is required", field_location)
    if config.get("InputType") == "JSON" and "CSVHeaderLocation" in config:
        findings.error("Field 'CSVHeaderLocation' is not supported", field_location)


def _label(body: Mapping[str, Any], location: str, context: FlowContext) -> None:
    label = body.get("Label")
    if not isinstance(label, str):
        return
    field_location, findings = f"{location}/Label", context.findings
    if not label:
        findings.error("Label cannot be empty", field_location, "INVALID_LABEL_NAME")
    elif len(label) > _MAX_LABEL_LENGTH:
        findings.error(
            f"Invalid Label name: Label exceeds the {_MAX_LABEL_LENGTH}-character limit allowed by the service",
            field_location,
            "INVALID_LABEL_NAME",
        )
    elif not _LABEL.fullmatch(label):
        findings.error("Label contains an invalid character", field_location, "INVALID_LABEL_NAME")
    elif label in context.labels:
        findings.error(f"Duplicate Label name: {label}", field_location, "DUPLICATE_LABEL_NAME")
    context.labels.add(label)
