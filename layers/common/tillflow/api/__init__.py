"""The edge of the HTTP API: one `Api` per service dispatches a route to an operation of the service.

An event is that of an HTTP API's Lambda integration, payload format 2.0:
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from tillflow.api.caller import Caller
from tillflow.api.paging import DaysQuery, PageQuery, PeriodQuery
from tillflow.api.problems import Problem, problem_of
from tillflow.api.routing import Api, Call, Reply, Route, accepted

__all__ = [
    "Api",
    "Call",
    "Caller",
    "DaysQuery",
    "PageQuery",
    "PeriodQuery",
    "Problem",
    "Reply",
    "Route",
    "accepted",
    "problem_of",
]
