"""kill -9 of the engine's process at random moments under load: `python -m tests.storm --kills 300`.

Clients keep dozens of executions of every kind open (`kinds`), complete tasks, work on an activity, stop, redrive, and
repeat requests without a response (`clients`); meanwhile the process is killed and restarted on its store (`process`).
At the end every history is checked (`checks`): no accepted execution is lost, no completed state or task ran again,
waits and timeouts have their duration, and a reported result does not change.
"""
