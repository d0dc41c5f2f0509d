"""Service integrations: what a Task's Resource can be.

`resolve` gives the integration of a resource ARN. `aws-sdk:` covers every operation botocore has a model of;
the optimised ones add what AWS documents of them.
"""

from functools import lru_cache

from .base import Integration, TaskRequest, UnknownResource

__all__ = ["Integration", "TaskRequest", "UnknownResource", "resolve"]


@lru_cache(maxsize=4096)
def resolve(resource_arn: str) -> Integration:
    """The integration of a Task's Resource. Raises UnknownResource."""
    # botocore's models take longer to load than all the rest: they wait for the first Task.
    from .resources import integration_of

    return integration_of(resource_arn)
