"""Encryption configurations: their checks and defaults, and the use of customer managed KMS keys."""

from collections.abc import Mapping
from typing import Any

from ..errors import ApiError
from ..services import CallFailed, RoleNotAssumable, ServiceError, TaskServices

_CUSTOMER_MANAGED = "CUSTOMER_MANAGED_KMS_KEY"
_INVALID_STATES = ("DisabledException", "KMSInvalidStateException", "KeyUnavailableException")
_THROTTLED = ("ThrottlingException", "LimitExceededException")


def complete(requested: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return an encryption configuration with its default: an AWS owned key. Raises ApiError."""
    requested = requested or {"type": "AWS_OWNED_KEY"}
    if uses_customer_key(requested):
        if not requested.get("kmsKeyId"):
            raise _invalid("kmsKeyId must be specified for the type CUSTOMER_MANAGED_KMS_KEY")
        return {"kmsDataKeyReusePeriodSeconds": 300, **requested}
    if requested.get("kmsKeyId") or requested.get("kmsDataKeyReusePeriodSeconds"):
        raise _invalid("kmsKeyId is not allowed for the type AWS_OWNED_KEY")
    return dict(requested)


def uses_customer_key(configuration: Mapping[str, Any]) -> bool:
    """Return whether the configuration names a customer managed key."""
    return bool(configuration["type"] == _CUSTOMER_MANAGED)


async def check_key(
    configuration: Mapping[str, Any], services: TaskServices, role_arn: str | None = None
) -> None:
    """Generate a data key with a customer managed key, as AWS does, with the role's credentials.

    Raises ApiError KmsAccessDeniedException, KmsInvalidStateException, KmsThrottlingException.
    """
    if not uses_customer_key(configuration):
        return
    params = {"KeyId": configuration["kmsKeyId"], "KeySpec": "AES_256"}
    try:
        await services.call("kms", "GenerateDataKey", params, role_arn=role_arn)
    except ServiceError as error:
        raise _kms_error(error) from None
    except (RoleNotAssumable, CallFailed) as error:
        raise ApiError("KmsAccessDeniedException", str(error)) from None


def _kms_error(error: ServiceError) -> ApiError:
    if error.code in _INVALID_STATES:
        state = "DISABLED" if error.code == "DisabledException" else "UNAVAILABLE"
        return ApiError("KmsInvalidStateException", error.message, kmsKeyState=state)
    if error.code in _THROTTLED:
        return ApiError("KmsThrottlingException", error.message)
    return ApiError("KmsAccessDeniedException", error.message)


def _invalid(reason: str) -> ApiError:
    return ApiError("InvalidEncryptionConfiguration", f"Invalid Encryption Configuration: {reason}")
