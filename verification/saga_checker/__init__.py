"""A static checker of sagas: the rules that every definition must follow, with the template it is deployed by.

`python -m verification.saga_checker` checks every statemachines/*.asl.json; `rules/` contains the rules.
"""
