"""The interpreter of the Amazon States Language: one module per family of states.

`run.run_frame` is the loop; a state's module says what the state does; `dataflow` has what all states share of
input and output processing, `failures` Retry and Catch, `frame` what is remembered between two states.
"""
