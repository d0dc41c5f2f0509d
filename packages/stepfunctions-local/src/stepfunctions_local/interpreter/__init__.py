"""The interpreter of the Amazon States Language: one module per family of states.

`run.run_frame` is the loop; each family of states has a module; `dataflow` has the input and output processing that
all states share, `error_handling` Retry and Catch, `frame` the state of a running execution.
"""
