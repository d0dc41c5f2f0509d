"""Errors: StateError inside an execution, ApiError for callers of the API, and errors of the store."""


class StateError(Exception):
    """An error inside an execution, which Retry and Catch match by name.

    `error` is AWS's error name (or a Lambda exception's class name), `cause` the text shown with it.
    Either may be None where AWS reports none (a Fail state without Error).
    """

    def __init__(self, error: str | None, cause: str | None = None):
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause


class RuntimeFailure(StateError):
    """A failure to evaluate a state; its cause is AWS's message without the prefix.

    The interpreter adds the prefix "An error occurred while executing the state 'X' (entered at the event id #N). ".
    The default name is that of JSONPath (States.Runtime); some failures have others (States.ParameterPathFailure,
    States.IntrinsicFailure, …).
    """

    def __init__(self, cause: str, error: str = "States.Runtime"):
        super().__init__(error, cause)


class QueryEvaluationFailure(RuntimeFailure):
    """A JSONata failure, which the history also shows as EvaluationFailed.

    `location` is the field as AWS shows it ("Output", "Arguments/Payload/0"), or None.
    """

    def __init__(self, cause: str, location: str | None = None):
        super().__init__(cause, "States.QueryEvaluationError")
        self.location = location


class DefinitionError(ValueError):
    """A definition that cannot be run; `location` is its JSON pointer ("/States/A/Next")."""

    def __init__(self, message: str, location: str = ""):
        super().__init__(f"{message} at {location}" if location else message)
        self.message = message
        self.location = location


class ApiError(Exception):
    """An error response of the API: AWS's exception name and message. `status` is the HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400, **fields: object):
        super().__init__(code, message, status)
        self.code = code
        self.message = message
        self.status = status
        self.fields = fields

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class StoreError(RuntimeError):
    """The store cannot be used; the message says why and what to do."""


class StoreBusy(StoreError):
    """Another process has the store open."""


class StoreUnreadable(StoreError):
    """The store was written by a later version, or the file is not a store."""


class StoreFailed(StoreError):
    """The store could not be written. Earlier commits are intact; nothing later took effect."""
