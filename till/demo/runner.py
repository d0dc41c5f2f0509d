"""Run the demos of workflows at the same time and return their outcomes in order."""

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event

from till.demo.model import Outcome, Pipeline
from till.stack import Stack

WORKERS = 4
"""Much of a workflow's demo is waiting: for a cardholder, a supplier that is silent, an event. More at the same time
than this wait for each other's functions to start."""


class Interrupted(Exception):
    """The demo has ended before this scenario's workflow."""


def run_pipelines(
    stack: Stack, pipelines: Sequence[Pipeline], ended: Callable[[Pipeline, str], None]
) -> Generator[tuple[Pipeline, list[Outcome]]]:
    """Yield each pipeline with its outcomes, in order, as soon as it and those before it have ended.

    Pipelines run at the same time: each receives the stock that it sells, and gives the customer the credit that it
    spends. `ended` is called on their threads, with the title of each scenario. Once the iterator is closed, running
    scenarios end and no further ones are started.
    """
    stopped = Event()

    def report(pipeline: Pipeline, scenario: str) -> None:
        if stopped.is_set():
            raise Interrupted
        ended(pipeline, scenario)

    pool = ThreadPoolExecutor(WORKERS)
    try:
        running = [pool.submit(pipeline.run, stack, partial(report, pipeline)) for pipeline in pipelines]
        for pipeline, outcomes in zip(pipelines, running, strict=True):
            yield pipeline, outcomes.result()
    finally:
        stopped.set()
        pool.shutdown(wait=False, cancel_futures=True)
