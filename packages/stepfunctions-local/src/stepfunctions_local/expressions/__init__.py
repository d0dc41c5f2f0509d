"""The query languages of the States Language: JSONata and JSONPath.

`compile_template` compiles fields that hold JSON, `compile_field` JSONata fields of one type, `compile_path`
and `compile_reference_path` JSONPath's path fields, `jsonpath_value` a path or an intrinsic function,
`compile_rule` rules of Choice. Everything is compiled once and evaluated against a `Scope`.
"""

from .choice import RuleSyntaxError, compile_rule
from .intrinsics import IntrinsicSyntaxError, compile_intrinsic, is_intrinsic
from .jsonata import UNDEFINED, ExpressionSyntaxError, compile_expression
from .jsonpath import PathNotFound, PathSyntaxError, compile_path, compile_reference_path
from .scope import UNSET, Scope
from .template import (
    Template,
    compile_field,
    compile_template,
    expression_text,
    is_expression,
    jsonpath_value,
    type_name,
)
from .timestamps import parse_timestamp

__all__ = [
    "UNDEFINED",
    "UNSET",
    "ExpressionSyntaxError",
    "IntrinsicSyntaxError",
    "PathNotFound",
    "PathSyntaxError",
    "RuleSyntaxError",
    "Scope",
    "Template",
    "compile_expression",
    "compile_field",
    "compile_intrinsic",
    "compile_path",
    "compile_reference_path",
    "compile_rule",
    "compile_template",
    "expression_text",
    "is_expression",
    "is_intrinsic",
    "jsonpath_value",
    "parse_timestamp",
    "type_name",
]
