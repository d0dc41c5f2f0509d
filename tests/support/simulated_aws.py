"""An empty AWS account in this process: DynamoDB of the local AWS, other services by moto."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import botocore.session
import pytest
from botocore.client import BaseClient
from local_aws.ministack.dynamodb import in_process
from moto import mock_aws

from verification.harness.dynamodb import call_in_process
from verification.harness.template import REGION

# A session reads the description of a service once, which takes longer than most tests.
_SESSION = botocore.session.Session()
_CALL = BaseClient._make_api_call


@contextmanager
def simulated_aws() -> Iterator[Any]:
    """Yield a DynamoDB client on an empty account; whatever endpoint the developer has set is not used."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        # The region of the harness: the product's clients are made once in a process.
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        patch.setattr(BaseClient, "_make_api_call", _call)
        with mock_aws(), in_process.separate_tables():
            yield _SESSION.create_client("dynamodb", REGION)


def _call(boto: BaseClient, operation: str, params: dict[str, Any]) -> Any:
    if boto.meta.service_model.service_name == "dynamodb":
        return call_in_process(boto, operation, params)
    return _CALL(boto, operation, params)
