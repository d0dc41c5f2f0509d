"""Tables and buckets: keys, encryption, recovery, retention, and transport by TLS only."""

from typing import Any

from tools.template.conventions.model import (
    TABLE,
    Resource,
    Resources,
    arn,
    policy_with_tls,
    ref,
    sub,
    when,
)

_KEPT = {"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"}
_KEY = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
_KEY_ATTRIBUTES = [
    {"AttributeName": "pk", "AttributeType": "S"},
    {"AttributeName": "sk", "AttributeType": "S"},
]


def table(name: str, resource: Resource) -> Resources:
    """Return a table with pk and sk, billed by request, recoverable, and kept when the stack is deleted."""
    properties = dict(resource.get("Properties", {}))
    attributes = [*_KEY_ATTRIBUTES, *properties.pop("AttributeDefinitions", ())]
    deployed = {
        "Type": TABLE,
        **_KEPT,
        "Properties": {
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": attributes,
            "KeySchema": _KEY,
            "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
            **properties,
            "DeletionProtectionEnabled": when("HasDeletionProtection", True, False),
            "SSESpecification": when(
                "HasKey", {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": ref("KeyArn")}
            ),
        },
    }
    return {name: deployed}


def bucket(name: str, resource: Resource, declared: Resources) -> Resources:
    """Return a private, encrypted bucket that is kept when the stack is deleted, and its policy."""
    encryption = when(
        "HasKey",
        {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": ref("KeyArn")},
        {"SSEAlgorithm": "AES256"},
    )
    deployed = {
        "Type": resource["Type"],
        **_KEPT,
        "Properties": {
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [
                    {"ServerSideEncryptionByDefault": encryption, "BucketKeyEnabled": True}
                ]
            },
            **resource.get("Properties", {}),
        },
    }
    own = declared.get(f"{name}Policy", {}).get("Properties", {}).get("PolicyDocument", {})
    return {name: deployed, f"{name}Policy": _bucket_policy(name, own.get("Statement", []))}


def _bucket_policy(name: str, statements: list[dict[str, Any]]) -> Resource:
    policy, attributes = policy_with_tls(statements, "s3:*", arn(name), sub(f"${{{name}.Arn}}/*"))
    properties = {"Bucket": ref(name), "PolicyDocument": policy}
    return {"Type": "AWS::S3::BucketPolicy", **attributes, "Properties": properties}
