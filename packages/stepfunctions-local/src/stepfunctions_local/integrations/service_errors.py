"""Names and causes of services' errors in an execution: `aws-sdk:` and optimised integrations differ."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

from botocore.model import ServiceModel, Shape

from ..errors import StateError
from ..services import CallFailed, RoleNotAssumable, ServiceError
from . import naming
from .base import TaskRequest
from .shapes import service_model

# The SDK's exceptions of S3's HEAD requests whose response is 404 without an error code.
_HEAD_NOT_FOUND = {"HeadObject": "NoSuchKeyException", "HeadBucket": "NoSuchBucketException"}


@dataclass(frozen=True, slots=True)
class ErrorNames:
    """The error names of one optimised integration, which AWS runs on the Java SDK v1.

    `prefix` precedes the error's name, `service` is the service's name in the cause, `fallback` is the class of
    errors that are not in the service's model.
    """

    prefix: str
    service: str
    fallback: str


def as_sdk(request: TaskRequest, service: str) -> "_ErrorContext":
    """Return a context that raises failed calls as `aws-sdk:` integrations do: `S3.NoSuchBucketException`."""
    return _ErrorContext(request, partial(sdk_error, service), partial(client_name, service))


def as_optimised(request: TaskRequest, service: str, names: ErrorNames) -> "_ErrorContext":
    """Return a context that raises failed calls as an optimised integration does, with causes of the SDK v1."""
    return _ErrorContext(request, partial(_optimised_error, service, names), lambda: names.prefix)


@dataclass(slots=True)
class _ErrorContext:
    """A context in which failed calls are raised under AWS's names."""

    request: TaskRequest
    service_error: Callable[[ServiceError], StateError]
    prefix: Callable[[], str]

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        match error:
            case ServiceError():
                raise self.service_error(error) from None
            case CallFailed():
                raise _client_failure(self.prefix(), error) from None
            case RoleNotAssumable():
                raise _not_assumable(self.request, error) from None


def sdk_error(service: str, error: ServiceError) -> StateError:
    """Return a service's error as the Java SDK v2 names it: the modelled class, or the service's base class."""
    client = client_name(service)
    shape = _modelled(service_model(service), error.code)
    name = naming.exception(shape.name) if shape is not None else f"{client}Exception"
    message = error.message
    if service == "s3" and error.operation in _HEAD_NOT_FOUND:
        message = ""  # a response to HEAD has no body: botocore's message is the status line
        if error.status == HTTPStatus.NOT_FOUND:
            name = _HEAD_NOT_FOUND[error.operation]
    cause = f"{_java_text(message)} (Service: {client}, Status Code: {error.status}, Request ID: {error.request_id}"
    if service == "s3":
        cause += f", Extended Request ID: {error.extended_request_id or ''}"
    return StateError(f"{client}.{name}", f"{cause}) (SDK Attempt Count: 1)")


def _optimised_error(service: str, names: ErrorNames, error: ServiceError) -> StateError:
    shape = _modelled(service_model(service), error.code)
    name = _class_v1(shape.name) if shape is not None else names.fallback
    cause = (
        f"{_java_text(error.message)} (Service: {names.service}; Status Code: {error.status}; "
        f"Error Code: {error.query_code or error.code}; Request ID: {error.request_id}; Proxy: null)"
    )
    return StateError(f"{names.prefix}.{name}", cause)


def _java_text(message: str) -> str:
    """Return a message as Java prints it: `null` for an error that has none, such as SSM's ParameterNotFound."""
    return message or "null"


def _class_v1(shape: str) -> str:
    return shape if shape.endswith("Exception") else f"{shape}Exception"


def _modelled(model: ServiceModel | None, code: str) -> Shape | None:
    """Return the error shape of a code. Query services may send a prefix: AWS.SimpleQueueService.…"""
    if model is None:
        return None
    last = code.rsplit(".", 1)[-1]
    for shape in model.error_shapes:
        if shape.name in (code, last) or getattr(shape, "error_code", None) in (code, last):
            return shape
    return None


def client_name(service: str) -> str:
    """Return the error prefix of a botocore service in `aws-sdk:` integrations."""
    model = service_model(service)
    return naming.client(model.service_id) if model is not None else naming.pascal(service)


def _client_failure(prefix: str, failure: CallFailed) -> StateError:
    return StateError(f"{prefix}.SdkClientException", str(failure))


def _not_assumable(request: TaskRequest, refusal: RoleNotAssumable) -> StateError:
    if request.credentials:
        cause = f"The role {request.role_arn} is not authorized to assume the task state's role, {refusal.role_arn}."
    else:
        cause = f"Step Functions is not authorized to assume the role {refusal.role_arn}. {refusal}"
    return StateError("States.TaskFailed", cause)
