"""Cognito: the groups and attributes of a user in tokens that the token endpoint renews.

MiniStack renews an access token without them, so that the pre token generation trigger adds no scopes of groups. On
AWS the trigger has the same request for a renewal as for a sign-in: the Amazon Cognito Developer Guide, "Pre token
generation Lambda trigger".
"""

from __future__ import annotations

from typing import Any

from ministack.services import cognito

_RENEWAL = "TokenGeneration_RefreshTokens"


def install_renewed_tokens() -> None:
    """Give renewed tokens the user's groups and attributes."""
    sign = cognito._fake_token

    def sign_with_groups(sub: str, pool_id: str, *arguments: Any, **options: Any) -> str:
        if options.get("trigger_source") == _RENEWAL and options.get("groups") is None:
            user = _user(pool_id, options.get("username", ""))
            options["groups"] = list(user.get("_groups", []))
            options.setdefault("user_attrs", cognito._attr_list_to_dict(user.get("Attributes", [])))
        token: str = sign(sub, pool_id, *arguments, **options)
        return token

    cognito._fake_token = sign_with_groups


def _user(pool_id: str, username: str) -> dict[str, Any]:
    pool = cognito._get_pool_unscoped(pool_id) or {"_users": {}}
    user: dict[str, Any] = pool["_users"].get(username, {})
    return user
