"""Compile the tree to Python closures: each node becomes a function of its input and its frame.

Source: the reference implementation (jsonata-js 2.0.6) and https://docs.jsonata.org.
"""

from collections.abc import Callable
from typing import Any

from .errors import STACK_OVERFLOW, JsonataError, LimitExceeded
from .matcher import Matcher
from .operators import OPERATORS, is_finite_number, to_boolean
from .parser import Node
from .paths import append, group, lookup, path, predicate, unwrap_sequence
from .runtime import (
    MAX_DEPTH,
    Code,
    Frame,
    Lambda,
    Native,
    Partial,
    TailCall,
    apply,
    check_items,
)
from .transform import transform
from .tree import minimum_depth
from .values import UNDEFINED, Callee, ConsArray, Sequence


def compile_tree(node: Node, depth: int = 1) -> Code:
    """Return the node's code; `depth` is its nesting depth in its function's body."""
    if depth > MAX_DEPTH:
        return _raise_stack_overflow
    code = _COMPILERS[node.type](node, depth)
    for stage in node.predicate or ():
        code = _filtered(code, predicate(stage.expression, compile_tree, depth))
    if node.group is not None and node.type != "path":
        code = _grouped(code, group(node.group, compile_tree, depth))
    if node.keep_array:
        return _keep_array(code)
    if node.predicate or node.type in _MAY_RETURN_SEQUENCE:
        return _unwrapped(code)
    return code


def _raise_stack_overflow(input: Any, frame: Frame) -> Any:
    raise LimitExceeded(STACK_OVERFLOW)


def _unwrapped(code: Code) -> Code:
    def evaluate(input: Any, frame: Frame) -> Any:
        value = code(input, frame)
        return unwrap_sequence(value) if type(value) is Sequence else value

    return evaluate


def _keep_array(code: Code) -> Code:
    def evaluate(input: Any, frame: Frame) -> Any:
        value = code(input, frame)
        if type(value) is Sequence and not value.tuple_stream:
            value.keep_singleton = True
            return unwrap_sequence(value)
        return value

    return evaluate


def _filtered(code: Code, select: Code) -> Code:
    return lambda input, frame: select(code(input, frame), frame)


def _grouped(code: Code, build_object: Code) -> Code:
    return lambda input, frame: build_object(code(input, frame), frame)


def _literal(node: Node, depth: int) -> Code:
    value = node.value
    return lambda input, frame: value


def _name(node: Node, depth: int) -> Code:
    name = node.value
    return lambda input, frame: lookup(input, name)


def _variable(node: Node, depth: int) -> Code:
    name = node.value
    if name:
        return lambda input, frame: frame.lookup(name)
    return lambda input, frame: input[0] if type(input) is Sequence and input.outer_wrapper else input


def _parent(node: Node, depth: int) -> Code:
    label = node.slot.label
    return lambda input, frame: frame.lookup(label)


def _wildcard(node: Node, depth: int) -> Code:
    def evaluate(input: Any, frame: Frame) -> Any:
        if type(input) is Sequence and input.outer_wrapper and input:
            input = input[0]
        values = input.values() if type(input) is dict else input if isinstance(input, list) else ()
        result: list[Any] = Sequence()
        for value in values:
            if isinstance(value, list):
                result = append(result, _flatten(value))
            else:
                result.append(value)
        return result

    return evaluate


def _flatten(items: list[Any]) -> list[Any]:
    result: list[Any] = []
    for item in items:
        if isinstance(item, list):
            result += _flatten(item)
        else:
            result.append(item)
    return result


def _descendant(node: Node, depth: int) -> Code:
    def evaluate(input: Any, frame: Frame) -> Any:
        if input is UNDEFINED:
            return UNDEFINED
        result = Sequence()
        _collect_descendants(input, result)
        return result[0] if len(result) == 1 else result

    return evaluate


def _collect_descendants(value: Any, result: list[Any]) -> None:
    if isinstance(value, list):
        for item in value:
            _collect_descendants(item, result)
        return
    result.append(value)
    check_items(result)
    if type(value) is dict:
        for item in value.values():
            _collect_descendants(item, result)


def _binary(node: Node, depth: int) -> Code:
    left, right = compile_tree(node.lhs, depth + 1), compile_tree(node.rhs, depth + 1)
    operator, position = node.value, node.position
    if operator in ("and", "or"):
        deciding = operator == "or"

        def combine(input: Any, frame: Frame) -> Any:
            first = left(input, frame)
            try:
                return deciding if to_boolean(first) is deciding else to_boolean(right(input, frame))
            except JsonataError as error:
                error.fields["token"] = operator
                raise

        return combine
    operate = OPERATORS[operator]

    def evaluate(input: Any, frame: Frame) -> Any:
        first = left(input, frame)
        second = right(input, frame)
        try:
            return operate(first, second)
        except JsonataError as error:
            error.fields.update(token=operator, position=position)
            raise

    return evaluate


def _unary(node: Node, depth: int) -> Code:
    if node.value == "{":
        return group(node, compile_tree, depth)
    if node.value == "[":
        return _array(node, depth)
    operand = compile_tree(node.expression, depth + 1)

    def negate(input: Any, frame: Frame) -> Any:
        value = operand(input, frame)
        if value is UNDEFINED:
            return UNDEFINED
        if not is_finite_number(value):
            raise JsonataError("D1002", value=value, token=node.value, position=node.position)
        return -value

    return negate


def _array(node: Node, depth: int) -> Code:
    items = [
        (part.type == "unary" and part.value == "[", compile_tree(part, depth + 1))
        for part in node.expressions
    ]
    cons = bool(node.cons_array)

    def evaluate(input: Any, frame: Frame) -> Any:
        array: list[Any] = ConsArray() if cons else []
        for is_constructor, item in items:
            value = item(input, frame)
            if value is UNDEFINED:
                continue
            if isinstance(value, list) and not is_constructor:
                array.extend(value)
                check_items(array)
            else:
                array.append(value)
        return array

    return evaluate


def _condition(node: Node, depth: int) -> Code:
    test, then = compile_tree(node.condition, depth + 1), compile_tree(node.then, depth + 1)
    if node.otherwise is None:
        return lambda input, frame: then(input, frame) if to_boolean(test(input, frame)) else UNDEFINED
    otherwise = compile_tree(node.otherwise, depth + 1)
    return lambda input, frame: (
        then(input, frame) if to_boolean(test(input, frame)) else otherwise(input, frame)
    )


def _block(node: Node, depth: int) -> Code:
    parts = [compile_tree(part, depth + 1) for part in node.expressions]
    if len(parts) == 1 and node.expressions[0].type != "bind":
        only = parts[0]
        return lambda input, frame: only(input, Frame({}, frame, frame.run, frame.depth))

    def evaluate(input: Any, frame: Frame) -> Any:
        inner = Frame({}, frame, frame.run, frame.depth)
        value: Any = UNDEFINED
        for part in parts:
            value = part(input, inner)
        return value

    return evaluate


def _bind(node: Node, depth: int) -> Code:
    name, code = node.lhs.value, compile_tree(node.rhs, depth + 1)

    def evaluate(input: Any, frame: Frame) -> Any:
        value = code(input, frame)
        frame.bindings[name] = value  # type: ignore[index]
        return value

    return evaluate


def _regex(node: Node, depth: int) -> Code:
    matcher = Matcher(node.value)
    return lambda input, frame: matcher


def _lambda(node: Node, depth: int) -> Code:
    parameters = [argument.value for argument in node.arguments]
    body, body_depth, signature = compile_tree(node.body), minimum_depth(node.body), node.signature
    return lambda input, frame: Lambda(parameters, signature, body, body_depth, input, frame)


def _procedure_name(node: Node) -> Any:
    procedure = node.procedure
    if procedure.type == "path":
        return procedure.steps[0].value
    return UNDEFINED if procedure.type in ("lambda", "block") else procedure.value


def _did_you_mean(code: str, node: Node) -> Callable[[Any, Frame], None]:
    """Return a check that raises the error `code` for a call of `name()` when `$name()` exists."""
    name = _procedure_name(node) if node.procedure.type == "path" else None

    def check(function: Any, frame: Frame) -> None:
        if function is UNDEFINED and name is not None and frame.lookup(name) is not UNDEFINED:
            raise JsonataError(code, token=name, position=node.position)

    return check


def _function(node: Node, depth: int) -> Code:
    call = function_call(node, depth)
    return lambda input, frame: call(input, frame, [])


def function_call(node: Node, depth: int) -> Callable[[Any, Frame, list[Any]], Any]:
    """Return the code of a call that takes leading arguments, such as the left side of `~>`."""
    procedure = compile_tree(node.procedure, depth + 1)
    arguments = [compile_tree(argument, depth + 1) for argument in node.arguments]
    name, position, tail = _procedure_name(node), node.position, bool(node.tail)
    check = _did_you_mean("T1005", node)

    def evaluate(input: Any, frame: Frame, leading: list[Any]) -> Any:
        function = procedure(input, frame)
        if function is UNDEFINED:
            check(function, frame)
        values = [*leading, *(argument(input, frame) for argument in arguments)]
        if tail and type(function) is Lambda:
            return TailCall(function, values)
        try:
            return apply(function, values, input, frame.depth + depth, frame.run)
        except JsonataError as error:
            error.set_defaults(token=name, position=position)
            raise

    return evaluate


def _partial(node: Node, depth: int) -> Code:
    procedure = compile_tree(node.procedure, depth + 1)
    arguments = [
        None if argument.type == "operator" else compile_tree(argument, depth + 1)
        for argument in node.arguments
    ]
    placeholders = [index for index, argument in enumerate(arguments) if argument is None]
    check = _did_you_mean("T1007", node)

    def evaluate(input: Any, frame: Frame) -> Any:
        values = [UNDEFINED if argument is None else argument(input, frame) for argument in arguments]
        function = procedure(input, frame)
        check(function, frame)
        if type(function) is Lambda:
            bindings = dict(zip(function.parameters, values, strict=False))
            for name in function.parameters[len(values) :]:
                bindings[name] = UNDEFINED
            parameters = [function.parameters[index] for index in placeholders if index < function.arity]
            inner = Frame(bindings, function.frame, frame.run, function.frame.depth)
            return Lambda(parameters, None, function.body, function.body_depth, function.input, inner)
        if isinstance(function, Callee):
            return Partial(function, values, placeholders)
        raise JsonataError("T1008", token=_procedure_name(node), position=node.position)

    return evaluate


def _apply(node: Node, depth: int) -> Code:
    left = compile_tree(node.lhs, depth + 1)
    if node.rhs.type == "function":
        # As in the reference implementation, a predicate after the call has no effect.
        call = function_call(node.rhs, depth)
        return lambda input, frame: call(input, frame, [left(input, frame)])
    right = compile_tree(node.rhs, depth + 1)

    def evaluate(input: Any, frame: Frame) -> Any:
        value = left(input, frame)
        function = right(input, frame)
        if not isinstance(function, Callee):
            raise JsonataError("T2006", position=node.position, value=function)
        level, run = frame.depth + depth, frame.run
        if isinstance(value, Callee):
            first = value

            def compose(argument: Any = UNDEFINED) -> Any:
                return apply(function, [apply(first, [argument], None, level, run)], None, level, run)

            return Native("chain", compose, arity=1)
        return apply(function, [value], None, level, run)

    return evaluate


def _transform(node: Node, depth: int) -> Code:
    return transform(node, compile_tree, depth)


def _path(node: Node, depth: int) -> Code:
    return path(node, compile_tree, depth)


_COMPILERS: dict[str, Callable[[Node, int], Code]] = {
    "string": _literal,
    "number": _literal,
    "value": _literal,
    "name": _name,
    "variable": _variable,
    "parent": _parent,
    "wildcard": _wildcard,
    "descendant": _descendant,
    "binary": _binary,
    "unary": _unary,
    "path": _path,
    "condition": _condition,
    "block": _block,
    "bind": _bind,
    "regex": _regex,
    "lambda": _lambda,
    "function": _function,
    "partial": _partial,
    "apply": _apply,
    "transform": _transform,
}
_MAY_RETURN_SEQUENCE = frozenset(
    [
        "name",
        "variable",
        "parent",
        "wildcard",
        "descendant",
        "binary",
        "condition",
        "block",
        "bind",
        "function",
        "apply",
    ]
)
