"""Names of the AWS SDK for Java, which Step Functions shows.

`aws-sdk:` integrations run on the Java SDK v2: `aws-sdk:cloudwatchlogs:putLogEvents` is its package and method,
`DynamoDb.ConditionalCheckFailedException` its client and exception class, `Bool` and `DbClusterIdentifier`
its members. The functions implement the SDK's naming rules for any service of botocore's models.
"""

import gzip
import re
from functools import cache
from pathlib import Path

import botocore

_MODELS = Path(botocore.__file__).parent / "data"
_SERVICE_ID = re.compile(rb'"serviceId"\s*:\s*"([^"]+)"')
# Packages whose name does not follow from the service id.
_PACKAGES = {
    "cloudwatchevents": "events",
    "dynamodbstreams": "dynamodbstreams",
    "elasticsearch": "es",
    "configservice": "config",
    "applicationdiscovery": "discovery",
    "databasemigration": "dms",
    "directory": "ds",
    "costandusagereport": "cur",
    "lexmodelbuilding": "lex-models",
    "lexruntime": "lex-runtime",
    "marketplaceentitlement": "marketplace-entitlement",
}


def words(name: str) -> list[str]:
    """Split a name into words as the SDK's code generator does."""
    name = re.sub(r"[^A-Za-z0-9]+", " ", name)
    name = re.sub(r"([^a-z]{2,})v([0-9]+)", r"\1 v\2 ", name)
    name = re.sub(r"([^A-Z]{2,})V([0-9]+)", r"\1 V\2 ", name)
    name = re.sub(r"(?<=[a-z])(?=[A-Z]([a-zA-Z]|[0-9]))", " ", name)
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", name)
    name = re.sub(r"([0-9])([a-zA-Z])", r"\1 \2", name)
    return name.split()


@cache
def pascal(name: str) -> str:
    """Convert a name to Pascal case: `DynamoDB` to DynamoDb, `CloudWatch Logs` to CloudWatchLogs."""
    return "".join(word.lower().capitalize() for word in words(name))


@cache
def client(service_id: str) -> str:
    """Return the SDK's client name of a service id: the prefix of its errors in `aws-sdk:` integrations."""
    name = pascal(service_id)
    name = name.removeprefix("Amazon").removeprefix("Aws")
    return name.removesuffix("Service") or name


@cache
def exception(shape: str) -> str:
    """Return the SDK's class of an error shape: NoSuchKeyException for NoSuchKey."""
    stem = shape.removesuffix("Fault") if shape.endswith("Fault") else shape.removesuffix("Exception")
    return pascal(stem) + "Exception"


@cache
def member(name: str) -> str:
    """Return a member's name in Step Functions: Bool for BOOL, SsekmsKeyId for SSEKMSKeyId, ETag for ETag."""
    if name == "NULL":  # `null` is not a valid Java method name: the SDK uses `nul`
        return "Nul"
    end = 1
    while end < len(name) and name[end].isupper() and not (end + 1 < len(name) and name[end + 1].islower()):
        end += 1
    return name[0].upper() + name[1:end].lower() + name[end:]


@cache
def operation(name: str) -> str:
    """Return an operation's method in resource ARNs: putItem for PutItem, dbClusters for DBClusters."""
    method = member(name)
    return method[0].lower() + method[1:]


@cache
def _packages() -> dict[str, str]:
    """Map Java package names to botocore service names, for every service in botocore's models."""
    packages = {}
    for folder in sorted(_MODELS.iterdir()):
        service_id = _service_id(folder.name)
        if service_id is not None:
            packages[client(service_id).lower()] = folder.name
            packages.setdefault(pascal(service_id).lower(), folder.name)
    return packages


def _service_id(service: str) -> str | None:
    """Return the service id in the newest model of a botocore service, or None when it has none."""
    models = sorted((_MODELS / service).glob("*/service-2.json*"))
    if not models:
        return None
    opener = gzip.open if models[-1].suffix == ".gz" else open
    with opener(models[-1], "rb") as model:
        match = _SERVICE_ID.search(model.read(4096))
    return match[1].decode() if match else service


@cache
def botocore_service(package: str) -> str | None:
    """Return the botocore service of a Java package name (stepfunctions for `sfn`), or None."""
    package = package.lower()
    if package in _PACKAGES:
        return _PACKAGES[package]
    # Most packages have botocore's name: read one model in place of all.
    service_id = _service_id(package) if package.isidentifier() else None
    if service_id is not None and package in (client(service_id).lower(), pascal(service_id).lower()):
        return package
    return _packages().get(package)
