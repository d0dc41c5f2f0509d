"""JSONata as AWS Step Functions evaluates it: version 2.0.6 without $eval, with AWS's additional functions.

An expression is parsed and compiled to closures once, and evaluated against bindings or a state's scope.
Semantics, error codes and messages follow the reference implementation
(https://github.com/jsonata-js/jsonata, MIT licence, © IBM Corp. 2016-2017), the limits follow AWS.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from .errors import EvaluationError, ExpressionSyntaxError, InternalError
from .expression import Expression, compile_expression
from .values import UNDEFINED

__all__ = [
    "UNDEFINED",
    "EvaluationError",
    "Expression",
    "ExpressionSyntaxError",
    "InternalError",
    "compile_expression",
]
