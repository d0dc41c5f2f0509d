"""kill -9 of the engine's process at random moments under load: `python -m tests.storm --kills 300`.

Clients keep some dozens of executions of every kind open (`kinds`), call back, work at an activity, stop, redrive,
and ask again when they get no answer (`clients`); meanwhile the process is killed and started on its store over and
over (`process`). When all has ended, every history is held to what was promised (`checks`): nothing that was accepted
is lost, no completed state or task ran again, waits and time-outs kept their time, an answer once given stays true.
"""
