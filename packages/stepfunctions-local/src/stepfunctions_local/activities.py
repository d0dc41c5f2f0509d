"""Task queues of activities, and the workers that poll them."""

import asyncio
from collections import defaultdict, deque
from typing import Any

from .errors import ApiError
from .history import json_text
from .interpreter.frame import TASK, Frame
from .interpreter.task import activity_started

MAX_WORKERS = 1000


class ActivityQueues:
    """Scheduled tasks by activity ARN, first in first out. They are rebuilt from the frames after a restart."""

    def __init__(self) -> None:
        self._tasks: defaultdict[str, deque[Frame]] = defaultdict(deque)
        self._workers: defaultdict[str, deque[asyncio.Future[Frame]]] = defaultdict(deque)

    def put(self, arn: str, frame: Frame) -> None:
        """Hand a task to a waiting worker, or queue it."""
        workers = self._workers[arn]
        while workers:
            worker = workers.popleft()
            if not worker.done():
                worker.set_result(frame)
                return
        self._tasks[arn].append(frame)

    async def take(self, arn: str, worker_name: str | None, seconds: float) -> dict[str, Any] | None:
        """Return the next open task as {"taskToken", "input"}, or None when none arrives within `seconds`.

        Raises ApiError ActivityWorkerLimitExceeded.
        """
        frame = self._next(arn)
        if frame is None:
            polling = sum(not worker.done() for worker in self._workers[arn])
            if polling >= MAX_WORKERS:
                raise ApiError(
                    "ActivityWorkerLimitExceeded",
                    f"At most {MAX_WORKERS} workers may poll an activity at once: {arn}",
                )
            worker: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
            self._workers[arn].append(worker)
            try:
                async with asyncio.timeout(seconds):
                    frame = await worker
            except TimeoutError:
                return None
            except asyncio.CancelledError:
                # The worker disconnected: return a task just assigned to it to the queue.
                if worker.done() and not worker.cancelled():
                    self._tasks[arn].appendleft(worker.result())
                raise
        activity_started(frame, worker_name)
        return {"taskToken": frame.data["token"], "input": json_text(frame.data["arguments"])}

    def _next(self, arn: str) -> Frame | None:
        tasks = self._tasks[arn]
        while tasks:
            frame = tasks.popleft()
            open_task = frame.phase == TASK and frame.data.get("stage") == "out"
            if open_task and not frame.execution.has_ended:
                return frame
        return None
