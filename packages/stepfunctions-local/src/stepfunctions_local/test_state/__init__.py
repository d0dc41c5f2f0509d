"""TestState: run one state in isolation.

`definition` finds and validates the state, `mock` and `schema` validate the mocked result, `context` validates
the context object, `frame` holds the state's data while it runs, `run` runs it and collects inspection data.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html
"""
