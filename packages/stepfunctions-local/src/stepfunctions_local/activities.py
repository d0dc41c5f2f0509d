"""The queues of activities' tasks, and the workers that wait at them."""

import asyncio
from collections import defaultdict, deque
from typing import TYPE_CHECKING, Any

from .errors import ApiError
from .history import json_text
from .interpreter.frame import TASK, Frame
from .interpreter.task import activity_started

if TYPE_CHECKING:
    from .engine import Engine

MAX_WORKERS = 1000


class ActivityQueues:
    """Scheduled tasks by activity ARN, first in first out. They are rebuilt from the frames after a restart."""

    def __init__(self, engine: "Engine"):
        self._engine = engine
        self._tasks: defaultdict[str, deque[Frame]] = defaultdict(deque)
        self._workers: defaultdict[str, deque[asyncio.Future[Frame]]] = defaultdict(deque)

    def put(self, arn: str, frame: Frame) -> None:
        workers = self._workers[arn]
        while workers:
            worker = workers.popleft()
            if not worker.done():
                worker.set_result(frame)
                return
        self._tasks[arn].append(frame)

    async def take(self, arn: str, worker_name: str | None, seconds: float) -> dict[str, Any] | None:
        """The next task still wanted, as {"taskToken", "input"}; None when none comes within `seconds`.

        Raises ApiError ActivityWorkerLimitExceeded.
        """
        frame = self._next(arn)
        if frame is None:
            waiting_already = sum(not worker.done() for worker in self._workers[arn])
            if waiting_already >= MAX_WORKERS:
                raise ApiError(
                    "ActivityWorkerLimitExceeded",
                    f"At most {MAX_WORKERS} workers may poll an activity at once: {arn}",
                )
            waiting: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
            self._workers[arn].append(waiting)
            try:
                async with asyncio.timeout(seconds):
                    frame = await waiting
            except TimeoutError:
                return None
            except asyncio.CancelledError:
                # The worker hung up; what had just been handed to it is for the next one.
                if waiting.done() and not waiting.cancelled():
                    self._tasks[arn].appendleft(waiting.result())
                raise
        activity_started(frame, worker_name)
        return {"taskToken": frame.data["token"], "input": json_text(frame.data["arguments"])}

    def _next(self, arn: str) -> Frame | None:
        tasks = self._tasks[arn]
        while tasks:
            frame = tasks.popleft()
            running = self._engine.running.get(frame.execution.id) is frame.execution
            if running and frame.phase == TASK and frame.data.get("stage") == "out":
                return frame
        return None
