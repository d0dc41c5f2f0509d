"""Service integrations: the resources of Task states.

`resolve` returns the integration of a resource ARN. `aws-sdk:` supports every operation in botocore's models; the
optimised integrations behave as AWS documents them.
"""

from functools import lru_cache

from .base import Integration, TaskRequest, UnknownResource

__all__ = ["Integration", "TaskRequest", "UnknownResource", "resolve"]


@lru_cache(maxsize=4096)
def resolve(resource_arn: str) -> Integration:
    """Return the integration of a Task's Resource. Raises UnknownResource."""
    # Importing botocore's models is slow: load them with the first Task.
    from .resources import integration_of

    return integration_of(resource_arn)
