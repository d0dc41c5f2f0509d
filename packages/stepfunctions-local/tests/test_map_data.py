"""ItemReader and ResultWriter of a distributed Map, with a fake S3."""

import asyncio
import gzip
import io
import json
from datetime import UTC, datetime

import pytest

from stepfunctions_local.errors import StateError
from stepfunctions_local.integrations import item_reader, result_writer
from stepfunctions_local.services import ServiceError

GET, LIST = "arn:aws:states:::s3:getObject", "arn:aws:states:::s3:listObjectsV2"
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


class Bucket:
    """S3 as a dict, with two keys per page of a listing."""

    def __init__(self, **objects):
        self.objects = {
            name: body.encode() if isinstance(body, str) else body for name, body in objects.items()
        }

    async def call(self, service, operation, params, *, role_arn=None, trace_header=None):
        assert (service, role_arn) == ("s3", "arn:role")
        if operation == "PutObject":
            self.objects[params["Key"]] = params["Body"]
            return {}
        if operation == "ListObjectsV2":
            return self._page(params)
        if params["Key"] not in self.objects:
            raise ServiceError("s3", operation, "NoSuchKey", "The specified key does not exist.", status=404)
        return {"Body": self.objects[params["Key"]]}

    def _page(self, params):
        keys = sorted(key for key in self.objects if key.startswith(params.get("Prefix", "")))
        start = int(params.get("ContinuationToken", 0))
        listed = [
            {"Key": key, "ETag": '"e"', "LastModified": MOMENT, "Size": len(self.objects[key])}
            for key in keys[start : start + 2]
        ]
        more = start + 2 < len(keys)
        return {"Contents": listed, "IsTruncated": more, "NextContinuationToken": str(start + 2)}


def read_files(bucket, config, resource=GET, limit=None, **arguments):
    reading = item_reader.Reading(config, bucket, "arn:role", limit)
    parameters = {"Bucket": "b", **({"Key": "data"} if resource == GET else {}), **arguments}
    return asyncio.run(item_reader.read_items(resource, parameters, reading))


def read(*positional, **keywords):
    return [item for items in read_files(*positional, **keywords) for item in items.values]


def failure_cause(bucket, config, **arguments):
    with pytest.raises(StateError) as failed:
        read(bucket, config, **arguments)
    assert failed.value.error == "States.ItemReaderFailed"
    return failed.value.cause


def test_json_items_are_the_array_or_at_the_pointer():
    bucket = Bucket(data='{"orders":{"open":[1,2,3]}}')
    assert read(bucket, {"InputType": "JSON", "ItemsPointer": "/orders/open"}) == [1, 2, 3]
    assert read(bucket, {"InputType": "JSON", "ItemsPointer": "/orders/open"}, limit=2) == [1, 2]
    assert failure_cause(bucket, {"InputType": "JSON"}) == "Attempting to map over non-iterable node."
    assert "does not exist" in failure_cause(bucket, {"InputType": "JSON", "ItemsPointer": "/orders/shut"})


def test_items_pointer_may_reference_an_object():
    bucket = Bucket(data='{"servers":{"web":{"port":80},"db":{"port":5432}}}')
    config = {"InputType": "JSON", "ItemsPointer": "/servers"}
    (items,) = read_files(bucket, config)
    assert (items.keys, items.values) == (["web", "db"], [{"port": 80}, {"port": 5432}])
    (items,) = read_files(bucket, config, limit=1)
    assert (items.keys, items.values) == (["web"], [{"port": 80}])
    assert "non-iterable" in failure_cause(bucket, {"InputType": "JSON", "ItemsPointer": "/servers/web/port"})


def test_each_json_line_is_an_item():
    assert read(Bucket(data='{"n":1}\n\n{"n":2}\n'), {"InputType": "JSONL"}) == [{"n": 1}, {"n": 2}]
    assert "Line 2" in failure_cause(Bucket(data='{"n":1}\n{n}'), {"InputType": "JSONL"})
    assert read(Bucket(data='"a\u2028b"\r\n"\x85"\n'.encode()), {"InputType": "JSONL"}) == [
        "a\u2028b",
        "\x85",
    ]


@pytest.mark.parametrize(
    ("text", "config", "items"),
    [
        ("a,b\n1,2\n3,4\n", {"CSVHeaderLocation": "FIRST_ROW"}, [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]),
        ("1,2\n", {"CSVHeaderLocation": "GIVEN", "CSVHeaders": ["a", "b"]}, [{"a": "1", "b": "2"}]),
        ("a|b\n1|2\n", {"CSVHeaderLocation": "FIRST_ROW", "CSVDelimiter": "PIPE"}, [{"a": "1", "b": "2"}]),
        ('a,b\n"x, y",\n', {"CSVHeaderLocation": "FIRST_ROW"}, [{"a": "x, y", "b": ""}]),
        ("\ufeffa,b\n1\n", {"CSVHeaderLocation": "FIRST_ROW"}, [{"a": "1", "b": ""}]),
        (
            "path\nC:\\\\Program Files\\\\x\n",
            {"CSVHeaderLocation": "FIRST_ROW"},
            [{"path": "C:\\Program Files\\x"}],
        ),
        ("a,b\nx\\,y,\\z\n", {"CSVHeaderLocation": "FIRST_ROW"}, [{"a": "x,y", "b": "z"}]),
        (
            'a|b\nx\\|y|"""q"""\n',
            {"CSVHeaderLocation": "FIRST_ROW", "CSVDelimiter": "PIPE"},
            [{"a": "x|y", "b": '"q"'}],
        ),
        ('a\n"x\r\ny"\n', {"CSVHeaderLocation": "FIRST_ROW"}, [{"a": "x\r\ny"}]),
    ],
)
def test_csv_rows_are_objects_of_strings(text, config, items):
    assert read(Bucket(data=text), {"InputType": "CSV", **config}) == items


FILE = "Provided S3 object is not valid JSON"
LINE_2 = "Line 2 of the S3 object is not valid JSON"
NON_STANDARD = "Non-standard token '{}': enable JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS to allow"
CHARACTER = "Unexpected character ('a' (code 97))"


@pytest.mark.parametrize(
    ("data", "kind", "cause"),
    [
        (b"a,b\n\xff,1\n", "CSV", "Provided S3 object is not valid CSV: Invalid UTF-8"),
        (b"\x1f\x8bno gzip", "CSV", "Provided S3 object is not valid gzip"),
        (gzip.compress(b"[1,2]", mtime=0)[:-4], "JSON", "Provided S3 object is not valid gzip"),
        (b'["\xff"]', "JSON", f"{FILE}: Invalid UTF-8"),
        (b"[NaN]", "JSON", f"{FILE}: {NON_STANDARD.format('NaN')}"),
        (b"[1", "JSON", f"{FILE}: Unexpected end-of-input"),
        (b"[" * 100_000, "JSON", f"{FILE}: Document nesting depth exceeds the maximum allowed"),
        (b"1\n\xff\n", "JSONL", f"{LINE_2}: Invalid UTF-8"),
        (b"1\n-Infinity\n", "JSONL", f"{LINE_2}: {NON_STANDARD.format('-Infinity')}"),
        (b"1\n{a: 1}\n", "JSONL", f"{LINE_2}: {CHARACTER}: was expecting double-quote to start field name"),
        (b"1\n01\n", "JSONL", f"{LINE_2}: Invalid numeric value: Leading zeroes not allowed"),
        (b"1\n" + b"[" * 100_000, "JSONL", f"{LINE_2}: Document nesting depth exceeds the maximum allowed"),
    ],
)
def test_malformed_files_fail_the_reader_in_the_words_of_aws_parser(data, kind, cause):
    config = {"InputType": kind, "CSVHeaderLocation": "FIRST_ROW"}
    assert failure_cause(Bucket(data=data), config) == cause


def test_deeply_nested_manifest_fails_the_reader():
    config = {"InputType": "MANIFEST"}
    cause = failure_cause(Bucket(data=b"[" * 100_000), config)
    assert cause == "The S3 object is not an S3 Inventory manifest."


def test_duplicate_csv_headers_are_rejected():
    cause = failure_cause(Bucket(data="a,a\n1,2\n"), {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"})
    assert cause == "CSV headers cannot contain duplicates."


def test_listing_reads_all_pages():
    bucket = Bucket(**{"in/a": "1", "in/b": "22", "in/c": "", "other": ""})
    listed = read(bucket, {}, LIST, Prefix="in/")
    assert [entry["Key"] for entry in listed] == ["in/a", "in/b", "in/c"]
    assert listed[1] == {
        "Etag": '"e"',
        "Key": "in/b",
        "LastModified": 1767225600,
        "Size": 2,
        "StorageClass": "STANDARD",
    }
    assert len(read(bucket, {}, LIST, limit=1, Prefix="in/")) == 1


def test_listing_is_loaded_and_flattened():
    bucket = Bucket(**{"in/a": "[1,2]", "in/b": "[3]"})
    config = {"InputType": "JSON", "Transformation": "LOAD_AND_FLATTEN"}
    assert read(bucket, config, LIST, Prefix="in/") == [1, 2, 3]
    assert [items.source for items in read_files(bucket, config, LIST, Prefix="in/")] == [
        "S3://b/in/a",
        "S3://b/in/b",
    ]
    assert read(bucket, config, LIST, limit=2, Prefix="in/") == [1, 2]


def test_items_have_their_source():
    bucket = Bucket(data="[1]")
    assert [items.source for items in read_files(bucket, {"InputType": "JSON"})] == ["S3://b/data"]
    assert [items.source for items in read_files(bucket, {}, LIST)] == ["S3://b"]


def test_gzip_files_are_decompressed():
    bucket = Bucket(data=gzip.compress(b'{"n":1}'))
    assert read(bucket, {"InputType": "JSONL"}) == [{"n": 1}]


def test_parquet_rows_are_objects():
    arrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    parquet = pytest.importorskip("pyarrow.parquet")
    body = io.BytesIO()
    rows = [{"sku": "A", "price": 12, "at": MOMENT}, {"sku": "B", "price": None, "at": MOMENT}]
    parquet.write_table(arrow.Table.from_pylist(rows), body, compression="snappy")
    shown = [{**row, "at": "2026-01-01 00:00:00+00:00"} for row in rows]
    assert read(Bucket(data=body.getvalue()), {"InputType": "PARQUET"}) == shown


def test_inventory_manifest_files_are_read():
    manifest = {
        "destinationBucket": "arn:aws:s3:::b",
        "fileFormat": "CSV",
        "fileSchema": "Bucket, Key, Size",
        "files": [{"key": "part"}],
    }
    bucket = Bucket(data=json.dumps(manifest), part=gzip.compress(b'"src","k1","10"\n"src","k2","20"\n'))
    assert read(bucket, {"InputType": "MANIFEST"}) == [
        {"Bucket": "src", "Key": "k1", "Size": "10"},
        {"Bucket": "src", "Key": "k2", "Size": "20"},
    ]


def test_athena_manifest_files_are_read():
    bucket = Bucket(data="s3://b/one\ns3://b/two\n", one='{"n":1}\n', two='{"n":2}\n')
    assert read(bucket, {"InputType": "JSONL", "ManifestType": "ATHENA_DATA"}) == [{"n": 1}, {"n": 2}]


def test_unreadable_files_fail_with_reason():
    assert "The specified key does not exist. (Service: AmazonS3; Status Code: 404;" in failure_cause(
        Bucket(), {"InputType": "JSON"}
    )
    assert "S3 Extended Request ID: null; Proxy: null)" in failure_cause(Bucket(), {"InputType": "JSON"})
    assert "parquet" in failure_cause(Bucket(data=b"PAR1"), {"InputType": "PARQUET"}).lower()


RUN = "arn:aws:states:us-east-1:123456789012:mapRun:machine/Label:run-1"


def child(name, status="SUCCEEDED", **more):
    return {
        "executionArn": f"arn:{name}",
        "name": name,
        "status": status,
        "startDate": 1_767_225_600.0,
        **more,
    }


CHILDREN = [
    child("a", output="[1,2]", outputDetails={"included": True}),
    child("b", output='{"n":3}'),
    child("c", "FAILED", error="Oops", cause="why"),
]


def test_results_are_transformed():
    whole = result_writer.transformed(CHILDREN, {})
    assert whole[0] == {
        "ExecutionArn": "arn:a",
        "Name": "a",
        "Output": "[1,2]",
        "OutputDetails": {"Included": True},
        "StartDate": "2026-01-01T00:00:00Z",
        "Status": "SUCCEEDED",
    }
    compact = result_writer.transformed(CHILDREN, {"Transformation": "COMPACT"})
    assert compact == [[1, 2], {"n": 3}, whole[2]]
    flat = result_writer.transformed(CHILDREN, {"Transformation": "FLATTEN"})
    assert flat == [1, 2, {"n": 3}, whole[2]]
    assert (whole[2]["Status"], whole[2]["Error"]) == ("FAILED", "Oops")


@pytest.mark.parametrize(("kind", "ending"), [("JSON", "json"), ("JSONL", "jsonl")])
def test_results_are_exported_by_status_with_a_manifest(kind, ending):
    bucket = Bucket()
    target = result_writer.ExportTarget("out", "results/", RUN, bucket, "arn:role")
    config = {"OutputType": kind, "Transformation": "COMPACT"}
    response = asyncio.run(result_writer.export(CHILDREN, config, target))
    assert response == {
        "MapRunArn": RUN,
        "ResultWriterDetails": {"Bucket": "out", "Key": "results/run-1/manifest.json"},
    }
    manifest = json.loads(bucket.objects["results/run-1/manifest.json"])
    assert manifest["DestinationBucket"] == "out"
    succeeded = manifest["ResultFiles"]["SUCCEEDED"][0]
    assert succeeded["Key"] == f"results/run-1/SUCCEEDED_0.{ending}"
    body = bucket.objects[succeeded["Key"]]
    assert succeeded["Size"] == len(body)
    assert body == (b'[[1,2],{"n":3}]' if kind == "JSON" else b'[1,2]\n{"n":3}')
    assert manifest["ResultFiles"]["PENDING"] == []
    assert f"results/run-1/FAILED_0.{ending}" in bucket.objects
