"""The bucket of imports in the active moto."""

import os

from tillflow.aws import client

BUCKET = "ImportsBucket"


def make_bucket() -> None:
    """Create the bucket of the template."""
    s3, location = client("s3"), {"LocationConstraint": os.environ["AWS_REGION"]}
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=location)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})


def put_file(import_id: str, body: bytes) -> None:
    """Upload the file of an import, unless it was uploaded before a crash."""
    key = f"imports/{import_id}.csv"
    if "Contents" not in client("s3").list_objects_v2(Bucket=BUCKET, Prefix=key):
        client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)
