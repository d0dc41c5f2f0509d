"""Collect the texts of the API that the console translates.

A text is a template, e.g. ``at most {} items``. It is read from the source of the functions, so that no text is
missed because no test causes it.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from string import Formatter

from tillflow.parsing import EXPECTED
from tillflow.patterns import WORDS

_ROOT = Path(__file__).parents[2]
_SOURCES = ("functions", "layers/common")
_INTERNAL = frozenset(
    {
        "images/decoding/pixels.py",  # a mistake in the decoder
        "payments/providers.py",  # the configuration of a deployment
        "purchasing/approvals.py",  # the configuration of a deployment
        "tillflow/json_text.py",  # caught by its caller
        "tillflow/parameters.py",  # the configuration of a deployment
    }
)
"""Modules whose ValueErrors are not about a field of a request."""
_NOT_OF_A_FIELD = (
    "a weight is negative",
    "nothing to spread",
    "quantity is {}",
    "tenders[{}].code",
    "currency is {}",
)
"""The first words of ValueErrors that report a mistake in the program, or that their caller replaces."""

_PASSED_ON = frozenset(
    {
        "accepted",  # of Money.parse
        "str(error)",  # of a ValueError
        "_expected(problem)",  # of pydantic, in the words of EXPECTED
        "expected",  # of the class itself
        "match['expected']",  # read from a message
    }
)
"""Expressions whose text is written elsewhere."""

type Templates = set[str]


@dataclass(frozen=True)
class _Module:
    path: Path
    tree: ast.Module

    def strings(self, name: str) -> list[ast.expr]:
        """Return what is assigned to a constant of the module."""
        return _assigned(self.tree.body, name)


def accepted_texts() -> Templates:
    """Return the templates of what a field accepts."""
    modules = _modules()
    errors = _request_errors(modules)
    texts = {_template_of_format(template) for template in EXPECTED.values()} - {"{}"} | set(WORDS.values())
    for module in modules:
        sinks = errors | _problem_names(module)
        for function, call in _calls(module.tree):
            name = _called(call)
            if name in sinks:
                text = call.args[2] if len(call.args) >= 3 else None
                assert text, f"{module.path}:{call.lineno}: pass what is accepted as the third argument"
                found = _texts(module, function, text)
                assert "{}" not in found or ast.unparse(text) in _PASSED_ON, (
                    f"{module.path}:{call.lineno}: write what is accepted as a string"
                )
                texts |= found
            elif name == "ValueError" and call.args and str(_inside(module.path)) not in _INTERNAL:
                texts |= _of_field(_texts(module, function, call.args[0]))
    return texts - {"", "{}"}


def rejection_texts() -> Templates:
    """Return the templates of the sentences that explain why an image is rejected."""
    texts: Templates = set()
    for module in _modules():
        if module.path.parent.name != "decoding":
            continue
        for function, call in _calls(module.tree):
            if _called(call) == "Rejected" and len(call.args) == 2:
                texts |= _texts(module, function, call.args[1])
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    if isinstance(key, ast.Constant) and key.value == "sentence":
                        texts |= _texts(module, None, value)
    return texts - {"{}"}


def failure_texts() -> Templates:
    """Return the templates of what is said of a message of a dead-letter queue whose failure is not known."""
    return {
        text
        for module in _modules()
        for function, call in _calls(module.tree)
        if _called(call) == "MessageFailure"
        for keyword in call.keywords
        if keyword.arg == "reason" and _is_text(keyword.value)
        for text in _texts(module, function, keyword.value)
    }


def difference_words() -> set[str]:
    """Return the words of the differences between an invoice and its purchase order."""
    (module,) = (one for one in _modules() if _inside(one.path) == Path("purchasing/matching.py"))
    return {
        str(argument.value)
        for _, call in _calls(module.tree)
        if _called(call) == "Mismatch"
        for argument in call.args[:2]
        if isinstance(argument, ast.Constant)
    }


@cache
def _modules() -> list[_Module]:
    paths = sorted(path for folder in _SOURCES for path in (_ROOT / folder).rglob("*.py"))
    return [_Module(path, ast.parse(path.read_text())) for path in paths]


def _inside(path: Path) -> Path:
    """Return the path of a module within its folder of sources."""
    return next(
        path.relative_to(_ROOT / folder) for folder in _SOURCES if path.is_relative_to(_ROOT / folder)
    )


def _request_errors(modules: list[_Module]) -> set[str]:
    """Return the names of InvalidRequest and of the classes derived from it."""
    bases = {
        node.name: {base.id for base in node.bases if isinstance(base, ast.Name)}
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef)
    }
    errors = {"InvalidRequest"}
    while derived := {name for name, of in bases.items() if of & errors} - errors:
        errors |= derived
    return errors


def _problem_names(module: _Module) -> set[str]:
    """Return the names by which a module knows the Problem of a field, which is not that of a response."""
    names = {
        alias.asname or alias.name
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and node.module == "tillflow.errors"
        for alias in node.names
        if alias.name == "Problem"
    }
    return names | ({"Problem"} if _inside(module.path) == Path("tillflow/errors.py") else set())


def _calls(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef | None, ast.Call]]:
    """Yield each call with the innermost function around it."""

    def visit(
        node: ast.AST, function: ast.FunctionDef | None
    ) -> Iterator[tuple[ast.FunctionDef | None, ast.Call]]:
        inner = node if isinstance(node, ast.FunctionDef) else function
        if isinstance(node, ast.Call):
            yield inner, node
        for child in ast.iter_child_nodes(node):
            yield from visit(child, inner)

    yield from visit(tree, None)


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _of_field(texts: Templates) -> Templates:
    """Return the texts of ValueErrors as the API returns them."""
    return {
        text.partition("; expected ")[2] or text for text in texts if not text.startswith(_NOT_OF_A_FIELD)
    }


def _texts(module: _Module, function: ast.FunctionDef | None, node: ast.expr) -> Templates:
    """Return the templates that an expression can be; "{}" for what is not in the source."""
    match node:
        case ast.Constant(value=str(text)):
            return {text}
        case ast.JoinedStr(values=parts):
            options = [sorted(_texts(module, function, part)) for part in parts]
            return {"".join(chosen) for chosen in product(*options)}
        case ast.FormattedValue(value=value):
            return _texts(module, function, value)
        case ast.IfExp(body=body, orelse=orelse):
            return _texts(module, function, body) | _texts(module, function, orelse)
        case ast.Subscript(value=ast.Name(id=name)):
            tables = [table for table in module.strings(name) if isinstance(table, ast.Dict)]
            return {
                text for table in tables for value in table.values for text in _texts(module, None, value)
            } or {"{}"}
        case ast.Name(id=name):
            local = _assigned(list(ast.walk(function)), name) if function else []
            strings = [value for value in local or module.strings(name) if _is_text(value)]
            if strings:
                return {text for value in strings for text in _texts(module, function, value)}
            return _arguments(module, function, name)
    return {"{}"}


def _is_text(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=str()) | ast.JoinedStr():
            return True
        case ast.IfExp(body=body, orelse=orelse):
            return _is_text(body) and _is_text(orelse)
    return False


def _arguments(module: _Module, function: ast.FunctionDef | None, name: str) -> Templates:
    """Return the texts with which the functions around a parameter are called in their module; "{}" if it is none."""
    for around in (node for node in ast.walk(module.tree) if isinstance(node, ast.FunctionDef)):
        names = [argument.arg for argument in around.args.args]
        if name in names and any(node is function for node in ast.walk(around)):
            calls = [(inside, call) for inside, call in _calls(module.tree) if _called(call) == around.name]
            at = names.index(name)
            return {
                text
                for inside, call in calls
                if len(call.args) > at and _is_text(call.args[at])
                for text in _texts(module, inside, call.args[at])
            } or {"{}"}
    return {"{}"}


def _assigned(nodes: list[ast.stmt] | list[ast.AST], name: str) -> list[ast.expr]:
    values: list[ast.expr] = []
    for node in nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                values.append(value)
            case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value) if target == name:
                values.append(value)
    return values


def _template_of_format(text: str) -> str:
    """Return the template of a text with named fields."""
    return "".join(
        literal + ("" if field is None else "{}") for literal, field, *_ in Formatter().parse(text)
    )
