"""Sign-in: the scopes of an access token follow from the groups of the person."""

from typing import Any

from identity.rules import scopes_of


def add_scopes(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Add the scopes of a user's groups, and the user's location, to an access token.

    A pre token generation trigger, version 2:
    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html
    """
    request = event["request"]
    groups = (request.get("groupConfiguration") or {}).get("groupsToOverride") or []
    location = (request.get("userAttributes") or {}).get("custom:location", "")
    event["response"] = {
        "claimsAndScopeOverrideDetails": {
            "accessTokenGeneration": {
                "scopesToAdd": scopes_of(groups),
                "claimsToAddOrOverride": {"location": location} if location else {},
            }
        }
    }
    return event
