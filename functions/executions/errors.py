"""Errors of executions."""

from tillflow.errors import DomainError, InvalidRequest


class InvalidExecutionFilter(InvalidRequest):
    """A filter of executions that is not accepted."""

    cashier_message = "The filter is not valid. Check the named field."
    subject = "filter"


class UnknownExecution(DomainError):
    """No execution has this name or ARN; Step Functions deletes executions 90 days after they end."""

    cashier_message = "No such execution."

    def __init__(self, execution: str) -> None:
        super().__init__(f"execution {execution[:300]} does not exist")


class NothingToRedrive(DomainError):
    """A redrive would do nothing: the execution has not failed, or it ended in a Fail state."""

    status = 409
    cashier_message = "A redrive would do nothing."

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} {reason}: there is nothing to redrive")


class NotRunning(DomainError):
    """An execution that has ended cannot be stopped."""

    status = 409
    cashier_message = "The execution has ended."

    def __init__(self, name: str, status: str) -> None:
        super().__init__(f"{name} is {status}: there is nothing to stop")
