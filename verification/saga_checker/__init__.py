"""A static checker of sagas: the rules every workflow obeys, read off its definition and the template.

`python -m tools.saga_checker` checks every statemachines/*.asl.json; see `rules/` for what is asked.
"""
