"""Files that commands read: any content is used or refused by name."""

import json
from pathlib import Path

import pytest

from tests.till.test_commands import aws, no_local_stack, run, stack

__all__ = ["aws", "no_local_stack", "stack"]  # fixtures

COMMANDS = (
    "order place {file}",
    "draft create {file}",
    "draft update drf-1 {file}",
    "exchange create ord-1 {file} --line MUG=1",
    "supplier create {file}",
    "supplier update {file}",
)
CONTENTS = {
    "nothing": (b"", "is not JSON"),
    "text": (b"hello", "is not JSON"),
    "bytes": (b"\xff\xfe\x00", "is not JSON"),
    "UTF-16": ('{"lines": []}'.encode("utf-16"), "is not JSON"),
    "a list": (b"[1]", "is not a"),
    "null": (b"null", "is not a"),
    "a number": (b"1e999", "is not a"),
    "a number of 5,000 digits": (b'{"a": ' + b"1" * 5000 + b"}", "is not JSON"),
    "not a number": (b'{"a": NaN}', "is not JSON"),
    "deep lists": (b"[" * 100_000 + b"]" * 100_000, "at most 32 levels"),
    "deep objects": (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "at most 32 levels"),
    "a name twice": (b'{"lines": [], "lines": [1]}', "lines is '(given twice)'"),
}


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize("command", COMMANDS)
def test_file_that_is_no_json_object_is_refused_by_name(
    stack: None, tmp_path: Path, command: str, content: str
) -> None:
    file = tmp_path / "file.json"
    data, expected = CONTENTS[content]
    file.write_bytes(data)
    result = run(*command.format(file=file).split(), code=2)
    assert expected in result.stderr and "file.json" in result.stderr, result.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_file_that_cannot_be_read_is_named(stack: None, tmp_path: Path, command: str) -> None:
    for file in (tmp_path, tmp_path / "none.json"):
        assert f"Cannot read {file}" in run(*command.format(file=file).split(), code=2).stderr


@pytest.mark.parametrize(
    ("prices", "field"),
    [
        (5, "prices is 5"),
        (None, "prices is missing"),
        ({"sku": "MUG"}, "prices is"),
        ([1], "prices[0] is 1"),
        ([{"sku": "MUG", "unit_cost": 1}, {"sku": "TEA", "unit_cost": -1}], "prices[1].unit_cost is -1"),
    ],
)
def test_wrong_prices_of_a_supplier_are_named(
    stack: None, tmp_path: Path, prices: object, field: str
) -> None:
    file = tmp_path / "supplier.json"
    supplier = json.loads(Path("docs/examples/supplier.json").read_text())
    file.write_text(json.dumps(supplier | {"prices": prices}))
    assert field in run("supplier", "create", str(file), code=2).stderr
