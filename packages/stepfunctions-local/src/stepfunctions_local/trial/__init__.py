"""One state run on its own: what TestState does.

`definition` finds and checks the state, `mock` and `schema` check what stands in for its work, `bench` is
the frame it runs on, `run` runs it and keeps what inspection shows.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html
"""
