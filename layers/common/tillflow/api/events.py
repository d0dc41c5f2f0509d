"""The event of a request: that of an HTTP API's Lambda integration, payload format 2.0, as far as it is read.

People who invoke a function themselves can send anything, so that an event is checked as any other request.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

type Texts = dict[str, str]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Http(_Part):
    """Where a request comes from."""

    sourceIp: str = ""
    userAgent: str = ""


class Jwt(_Part):
    """The claims of the access token that the gateway has verified."""

    claims: dict[str, Any] = Field(default_factory=dict)


class Iam(_Part):
    """The person and the IAM identity that `till` names."""

    username: str = ""
    userArn: str = ""


class Authorizer(_Part):
    jwt: Jwt | None = None
    iam: Iam | None = None


class RequestContext(_Part):
    http: Http | None = None
    authorizer: Authorizer | None = None


class Event(_Part):
    """A request. The gateway leaves out, or sends as null, what a request does not have."""

    pathParameters: Texts | None = None
    queryStringParameters: Texts | None = None
    headers: Texts | None = None
    body: str | None = None
    isBase64Encoded: bool = False
    requestContext: RequestContext | None = None

    @property
    def http(self) -> Http:
        return (self.requestContext and self.requestContext.http) or Http()

    @property
    def authorizer(self) -> Authorizer:
        return (self.requestContext and self.requestContext.authorizer) or Authorizer()
