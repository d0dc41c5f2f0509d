"""Compile a definition's text to its model.

Only what a definition needs to run is checked here; `validation` reports AWS's diagnostics.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from ..errors import DefinitionError
from ..expressions.choice import compile_rule
from ..expressions.intrinsics import is_intrinsic
from ..expressions.jsonpath import compile_path, compile_reference_path
from ..expressions.template import (
    Template,
    compile_field,
    compile_template,
    expression_text,
    is_expression,
    jsonpath_value,
)
from ..integrations import UnknownResource, resolve
from .model import (
    Batcher,
    Branch,
    Catcher,
    Choice,
    ChoiceRule,
    Fail,
    Field,
    Flow,
    Language,
    Map,
    Parallel,
    Pass,
    Read,
    Reader,
    Retrier,
    State,
    StateMachine,
    Succeed,
    Task,
    Wait,
    Writer,
)

Json = dict[str, Any]


@lru_cache(maxsize=1024)
def compile_definition(text: str) -> StateMachine:
    """Return the compiled state machine.

    Raises DefinitionError.
    """
    try:
        document = orjson.loads(text)
    except ValueError as error:
        raise DefinitionError(f"The definition is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise DefinitionError("The definition is not a JSON object")
    flow = _flow(document, document.get("QueryLanguage", "JSONPath"), "")
    return StateMachine(flow.start_at, flow.states, "", document.get("TimeoutSeconds"))


def compile_state(document: Json, name: str = "StateName", language: Language = "JSONPath") -> State:
    """Return one compiled state, for TestState.

    Raises DefinitionError.
    """
    return _state(
        name, document, document.get("QueryLanguage", language), _Location(f"/States/{name}", language)
    )


def _flow(document: Json, language: Language, pointer: str) -> Flow:
    states = document.get("States")
    start = document.get("StartAt")
    if not isinstance(states, dict) or not states:
        raise DefinitionError("Missing 'States'", pointer)
    if not isinstance(start, str) or start not in states:
        raise DefinitionError("Missing 'Next' target: " + str(start), f"{pointer}/StartAt")
    language = document.get("QueryLanguage", language)
    compiled = {
        name: _state(
            name, body, body.get("QueryLanguage", language), _Location(f"{pointer}/States/{name}", language)
        )
        for name, body in states.items()
    }
    return Flow(start, compiled, pointer)


class _Location(NamedTuple):
    """A state's JSON pointer, and the query language of its state machine."""

    pointer: str
    machine_language: Language


def _state(name: str, body: Json, language: Language, location: _Location) -> State:
    pointer = location.pointer
    build = _BUILDERS.get(body.get("Type", ""))
    if build is None:
        raise DefinitionError(f"Unknown state type {body.get('Type')!r}", f"{pointer}/Type")
    try:
        return build(name, body, language, location)
    except DefinitionError:
        raise
    except UnknownResource as error:
        raise DefinitionError(str(error), f"{pointer}/Resource") from None
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise DefinitionError(str(error), pointer) from None


def _common(name: str, body: Json, language: Language) -> Json:
    fields: Json = {"name": name, "language": language, "next": body.get("Next")}
    if "Assign" in body:
        fields["assign"] = compile_template(body["Assign"], language, "Assign")
    if "Retry" in body:
        fields["retry"] = tuple(_retrier(retrier) for retrier in body["Retry"])
    if "Catch" in body:
        fields["catch"] = tuple(
            _catcher(catcher, language, index) for index, catcher in enumerate(body["Catch"])
        )
    if language == "JSONata":
        if "Arguments" in body:
            fields["arguments"] = compile_template(body["Arguments"], language, "Arguments")
        if "Output" in body:
            fields["output"] = compile_template(body["Output"], language, "Output")
        return fields
    fields["input_path"] = _path(body, "InputPath")
    fields["output_path"] = _path(body, "OutputPath")
    if "Parameters" in body and body["Type"] != "Map":
        fields["arguments"] = compile_template(body["Parameters"], language, "Parameters")
    if "ResultSelector" in body:
        fields["result_selector"] = compile_template(body["ResultSelector"], language, "ResultSelector")
    fields["result_path"], fields["discard_result"] = _result_path(body)
    return fields


def _path(body: Json, field: str) -> Read | None:
    text = body.get(field, "$")
    if text == "$":
        return None
    if text is None:
        return lambda scope: {}
    if is_intrinsic(text):
        return jsonpath_value(text, field)
    return compile_path(text).select


def _result_path(body: Json) -> tuple[Any, bool]:
    text = body.get("ResultPath", "$")
    if text is None:
        return None, True
    return (None if text == "$" else compile_reference_path(text)), False


def _field(body: Json, name: str, language: Language, parent: str = "") -> Field | None:
    """Return the field `name`, or the corresponding …Path field, compiled."""
    if name in body:
        value = body[name]
        template = compile_template(value, language, parent + name)
        text = expression_text(value) if is_expression(value) else str(value)
        return Field(name, text, template.evaluate, constant=value if template.constant else None)
    path = f"{name}Path"
    if language == "JSONPath" and body.get(path) is not None:
        return Field(path, body[path], jsonpath_value(body[path], path), is_path=True)
    return None


def _retrier(body: Json) -> Retrier:
    return Retrier(
        errors=tuple(body["ErrorEquals"]),
        interval=body.get("IntervalSeconds", 1),
        max_attempts=body.get("MaxAttempts", 3),
        backoff=body.get("BackoffRate", 2.0),
        max_delay=body.get("MaxDelaySeconds"),
        jitter=body.get("JitterStrategy") == "FULL",
    )


def _catcher(body: Json, language: Language, index: int) -> Catcher:
    result_path, discard = _result_path(body) if language == "JSONPath" else (None, False)
    return Catcher(
        errors=tuple(body["ErrorEquals"]),
        next=body["Next"],
        result_path=result_path,
        discard=discard,
        output=_template(body, "Output", language, f"Catch[{index}]/"),
        assign=_template(body, "Assign", language, f"Catch[{index}]/"),
    )


def _template(body: Json, name: str, language: Language, parent: str = "") -> Template | None:
    return compile_template(body[name], language, parent + name) if name in body else None


def _pass(name: str, body: Json, language: Language, location: _Location) -> Pass:
    return Pass(
        **_common(name, body, language),
        result=body.get("Result"),
        has_result=language == "JSONPath" and "Result" in body,
    )


def _succeed(name: str, body: Json, language: Language, location: _Location) -> Succeed:
    return Succeed(**_common(name, body, language))


def _fail(name: str, body: Json, language: Language, location: _Location) -> Fail:
    return Fail(
        **_common(name, body, language),
        error=_field(body, "Error", language),
        cause=_field(body, "Cause", language),
    )


def _wait(name: str, body: Json, language: Language, location: _Location) -> Wait:
    return Wait(
        **_common(name, body, language),
        seconds=_field(body, "Seconds", language),
        timestamp=_field(body, "Timestamp", language),
    )


def _choice(name: str, body: Json, language: Language, location: _Location) -> Choice:
    rules = tuple(
        ChoiceRule(
            matches=compile_rule(rule, language, f"Choices[{index}]"),
            next=rule["Next"],
            assign=_template(rule, "Assign", language, f"Choices[{index}]/"),
            output=_template(rule, "Output", language, f"Choices[{index}]/"),
        )
        for index, rule in enumerate(body["Choices"])
    )
    return Choice(**_common(name, body, language), rules=rules, default=body.get("Default"))


def _task(name: str, body: Json, language: Language, location: _Location) -> Task:
    return Task(
        **_common(name, body, language),
        resource=body["Resource"],
        integration=resolve(body["Resource"]),
        timeout=_field(body, "TimeoutSeconds", language),
        heartbeat=_field(body, "HeartbeatSeconds", language),
        credentials=_template(body, "Credentials", language),
    )


def _parallel(name: str, body: Json, language: Language, location: _Location) -> Parallel:
    branches = []
    for index, branch in enumerate(body["Branches"]):
        flow = _flow(branch, location.machine_language, f"{location.pointer}/Branches[{index}]")
        branches.append(Branch(flow.start_at, flow.states, flow.pointer))
    return Parallel(**_common(name, body, language), branches=tuple(branches))


def _map(name: str, body: Json, language: Language, location: _Location) -> Map:
    key = "ItemProcessor" if "ItemProcessor" in body else "Iterator"
    processor = body[key]
    config = processor.get("ProcessorConfig", {})
    selector = "ItemSelector" if "ItemSelector" in body else "Parameters"
    items = body.get("Items", "")
    return Map(
        **_common(name, body, language),
        processor=_flow(processor, location.machine_language, f"{location.pointer}/{key}"),
        distributed=config.get("Mode") == "DISTRIBUTED",
        express=config.get("ExecutionType") == "EXPRESS",
        items=_template(body, "Items", language),
        items_expression=expression_text(items) if is_expression(items) else None,
        items_path=_items_path(body, language),
        selector=_template(body, selector, language),
        max_concurrency=_field(body, "MaxConcurrency", language),
        tolerated_count=_field(body, "ToleratedFailureCount", language),
        tolerated_percentage=_field(body, "ToleratedFailurePercentage", language),
        reader=_reader(body.get("ItemReader"), language),
        batcher=_batcher(body.get("ItemBatcher"), language),
        writer=_writer(body.get("ResultWriter"), language),
        label=body.get("Label"),
    )


def _items_path(body: Json, language: Language) -> Field | None:
    if language == "JSONata" or body.get("ItemsPath", "$") == "$":
        return None
    text = body["ItemsPath"]
    return Field("ItemsPath", text, jsonpath_value(text, "ItemsPath"), is_path=True)


def _arguments(body: Json, language: Language, parent: str) -> Template | None:
    """Compile the arguments of an item reader or a result writer, which are an object."""
    if language == "JSONPath":
        return _template(body, "Parameters", language, parent)
    if "Arguments" not in body:
        return None
    return compile_field(body["Arguments"], f"{parent}Arguments", "object")


def _reader(body: Json | None, language: Language) -> Reader | None:
    if not body:
        return None
    config = body.get("ReaderConfig", {})
    return Reader(
        resource=body["Resource"],
        arguments=_arguments(body, language, "ItemReader/"),
        config=config,
        max_items=_field(config, "MaxItems", language, "ItemReader/ReaderConfig/"),
    )


def _batcher(body: Json | None, language: Language) -> Batcher | None:
    if not body:
        return None
    return Batcher(
        max_items=_field(body, "MaxItemsPerBatch", language, "ItemBatcher/"),
        max_bytes=_field(body, "MaxInputBytesPerBatch", language, "ItemBatcher/"),
        batch_input=_template(body, "BatchInput", language, "ItemBatcher/"),
    )


def _writer(body: Json | None, language: Language) -> Writer | None:
    if not body:
        return None
    return Writer(
        resource=body.get("Resource"),
        arguments=_arguments(body, language, "ResultWriter/"),
        config=body.get("WriterConfig", {}),
    )


_BUILDERS: dict[str, Callable[[str, Json, Language, _Location], State]] = {
    "Pass": _pass,
    "Succeed": _succeed,
    "Fail": _fail,
    "Wait": _wait,
    "Choice": _choice,
    "Task": _task,
    "Parallel": _parallel,
    "Map": _map,
}
