"""Secrets of other systems, such as those of webhooks, from AWS Secrets Manager."""

from botocore.exceptions import ClientError

from tillflow.aws import client
from tillflow.errors import ProviderUnavailable

NO_SECRET = ("ResourceNotFoundException", "AccessDeniedException")
"""Codes for a secret that does not exist: a policy names secrets with their suffix, which such a name has not."""


def find_secret(name: str) -> str | None:
    """Return the text of a secret; None if there is none that the function may read."""
    try:
        return str(client("secretsmanager").get_secret_value(SecretId=name)["SecretString"])
    except ClientError as error:
        if error.response["Error"]["Code"] not in NO_SECRET:
            raise
        return None


def required_secret(name: str) -> str:
    """Return the text of a secret; ProviderUnavailable if there is none, as for a system that does not respond."""
    secret = find_secret(name)
    if secret is None:
        raise ProviderUnavailable(f"secret {name}")
    return secret
