"""What goes wrong for an operator: one sentence, and what to do about it."""

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
)


class OperatorError(Exception):
    """A command that cannot go on. `str` is the sentence; `advice` says what to do next, unless that says it."""

    def __init__(self, sentence: str, advice: str = "") -> None:
        super().__init__(sentence)
        self.advice = advice


def explain(error: BotoCoreError | ClientError) -> OperatorError:
    """The operator's sentence for an error of the AWS SDK."""
    if isinstance(error, EndpointConnectionError):
        return OperatorError(
            f"Nothing answers at {error.kwargs.get('endpoint_url')}.",
            "Start the local stack with `till up --detach`, or unset TILLFLOW_ENDPOINT to use AWS.",
        )
    if isinstance(error, NoCredentialsError):
        return OperatorError(
            "There are no AWS credentials.",
            "Sign in to AWS, or start the local stack with `till up --detach`.",
        )
    if isinstance(error, NoRegionError):
        return OperatorError(
            "No local AWS runs here, and no AWS region is set.",
            "Start the local stack with `till up --detach`, or set AWS_REGION, for example to eu-west-1.",
        )
    if isinstance(error, ClientError):
        code = error.response["Error"].get("Code", "unknown")
        text = error.response["Error"].get("Message", "")
        return OperatorError(
            f"{error.operation_name} was refused: {code}: {text}",
            "Check that your role may do this and that the stack is the one you mean (`till status`).",
        )
    return OperatorError(
        f"The AWS SDK gave up: {error}", "Check the endpoint and the network, then try again."
    )
