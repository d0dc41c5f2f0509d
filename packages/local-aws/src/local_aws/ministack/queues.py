"""SQS queues after a restart."""

from __future__ import annotations

from ministack.services import sqs


def readdress_queues() -> None:
    """Give restored queues the URLs of the current port.

    MiniStack identifies a queue by its URL and polls for Lambda by the URL of its current port. An old URL still
    reaches its queue, by account and name.
    """
    with sqs._queues_lock:
        queues = sqs._queues._data
        for account, region, url in list(queues):
            queue = queues.pop((account, region, url))
            queues[account, region, sqs._queue_url_for_account(account, url.rpartition("/")[2])] = queue
        sqs._rebuild_queue_name_index()
