"""YAML with CloudFormation's intrinsic functions: read as {"Ref": …} and {"Fn::…": …}, written in the short form."""

import re
from typing import Any

import yaml

_SHORT = {"Ref", "Condition"}
_LINE_LENGTH = 110
_ONE_LINE = 110
# PyYAML quotes every tagged scalar; names and attributes need no quotes.
_QUOTED = re.compile(r"(!(?:Ref|GetAtt|Condition)) '([\w.:]+)'")


class _Loader(yaml.CSafeLoader):
    """A loader that keeps intrinsic functions and refuses a key that occurs twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if repeated := {key for key in keys if keys.count(key) > 1}:
            raise yaml.constructor.ConstructorError(
                None, None, f"duplicate key {', '.join(map(str, repeated))}", node.start_mark
            )
        return dict(super().construct_mapping(node, deep))


class _Dumper(yaml.SafeDumper):
    """A dumper that writes no anchors and puts the keys of the document on lines of their own."""

    def represent(self, data: Any) -> None:
        node = self.represent_data(data)
        node.flow_style = False
        self.serialize(node)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def read(text: str) -> dict[str, Any]:
    """Parse a fragment or template. Raises yaml.YAMLError, also for a key that occurs twice."""
    document = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    return dict(document or {})


def write(document: dict[str, Any]) -> str:
    """Return the YAML text of a document, its keys in their order."""
    text = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_LINE_LENGTH)
    return _QUOTED.sub(r"\1 \2", text)


def _intrinsic(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in _SHORT else f"Fn::{suffix}": value}


def _mapping(dumper: _Dumper, data: dict[str, Any]) -> yaml.Node:
    if len(data) == 1:
        ((name, value),) = data.items()
        if name == "Ref" or (name.startswith("Fn::") and name != "Fn::Transform"):
            return _short(dumper, f"!{name.removeprefix('Fn::')}", value)
        if name == "Condition" and isinstance(value, str):
            return _short(dumper, "!Condition", value)
    return dumper.represent_mapping("tag:yaml.org,2002:map", data, flow_style=_is_flat(data))


def _short(dumper: _Dumper, tag: str, value: Any) -> yaml.Node:
    if tag == "!GetAtt" and isinstance(value, list):
        value = ".".join(value)
    if isinstance(value, str):
        return dumper.represent_scalar(tag, value)
    if isinstance(value, dict):
        return dumper.represent_mapping(tag, value, flow_style=True)
    return dumper.represent_sequence(tag, value, flow_style=_is_flat(value))


def _sequence(dumper: _Dumper, data: list[Any]) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=_is_flat(data))


def _is_flat(data: Any) -> bool:
    """Return whether a collection is small and flat enough for one line."""
    return len(str(data)) < _ONE_LINE and _depth(data) <= 3


def _depth(data: Any) -> int:
    match data:
        case {"Ref": str()} | {"Fn::Sub": str()} | {"Fn::GetAtt": list()}:
            return 0
        case dict():
            return 1 + max(map(_depth, data.values()), default=0)
        case list():
            return 1 + max(map(_depth, data), default=0)
    return 0


# Registered explicitly: the SAM CLI registers constructors of its own on yaml.SafeLoader for the whole process.
_Loader.add_constructor("tag:yaml.org,2002:map", yaml.SafeLoader.construct_yaml_map)
_Loader.add_multi_constructor("!", _intrinsic)
_Dumper.add_representer(dict, _mapping)
_Dumper.add_representer(list, _sequence)
