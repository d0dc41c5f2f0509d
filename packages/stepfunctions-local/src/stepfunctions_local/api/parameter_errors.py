"""AWS's messages for invalid requests, by botocore's model of the API."""

from functools import cache
from typing import Any

import botocore.session
from botocore.model import ServiceModel

from ..request_constraints import check_constraints, check_types
from .service_model import CHECKED_BY_OPERATION


@cache
def _model() -> ServiceModel:
    """Return botocore's model of the Step Functions API."""
    return botocore.session.get_session().get_service_model("stepfunctions")


def check_strictly(operation: str, params: dict[str, Any]) -> None:
    """Raise ApiError (SerializationException, ValidationException) when params do not fit the operation."""
    shape = _model().operation_model(operation).input_shape
    if shape is None:
        return
    check_types(shape, params)
    check_constraints(shape, params, CHECKED_BY_OPERATION)
