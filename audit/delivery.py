"""How long after its cause the effect of an event can be missing, without being lost.

A test compares the parts with the deployed queues and with the retries of the workflows.
"""

from datetime import timedelta

VISIBILITY_TIMEOUT = timedelta(minutes=1)
"""A message whose consumer failed is received again after this time."""

MAX_RECEIVES = 5
"""A message that failed so often is in the dead-letter queue."""

BUS_TIME = timedelta(minutes=1)
"""S3, streams and the bus usually take seconds. The alarm of a stream that is late is raised after this time."""

PUBLISH_TIME = timedelta(minutes=8)
"""A workflow whose publishing step fails has retried it for this time before it opens a case."""

QUEUE_TIME = MAX_RECEIVES * VISIBILITY_TIMEOUT
STREAM_DELIVERY_TIME = BUS_TIME + QUEUE_TIME
"""From a change of a row to the effect of its event, which a queue delivers."""

WORKFLOW_DELIVERY_TIME = PUBLISH_TIME + QUEUE_TIME
"""From a step of a workflow that precedes its event to the effect of the event, which a queue delivers."""
