"""Files of imports in S3: what a failed request means."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from catalog.errors import UnknownImport
from catalog.imports.objects import ImportObjects
from tillflow.errors import StoreUnavailable
from tillflow.handling import as_domain_error


class FailingS3:
    """An S3 client whose requests fail with a code."""

    def __init__(self, code: str) -> None:
        self._error = ClientError({"Error": {"Code": code}}, "HeadObject")

    def head_object(self, **_: Any) -> Any:
        raise self._error

    get_object = head_object


@pytest.mark.parametrize("code", ["404", "NoSuchKey", "NoSuchVersion"])
def test_file_that_does_not_exist_is_an_unknown_import(code: str) -> None:
    objects = ImportObjects(FailingS3(code), "bucket")
    with pytest.raises(UnknownImport, match="imp-1"):
        objects.head("imp-1")
    with pytest.raises(UnknownImport, match="imp-1"):
        objects.read("imp-1", "v1")


def test_failure_that_can_pass_is_left_to_the_handler_which_names_it() -> None:
    with pytest.raises(ClientError) as failure:
        ImportObjects(FailingS3("SlowDown"), "bucket").head("imp-1")
    assert isinstance(as_domain_error(failure.value), StoreUnavailable)
