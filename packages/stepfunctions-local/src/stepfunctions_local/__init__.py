"""AWS Step Functions on one machine: the API, the Amazon States Language, the histories.

Public modules: `testing` (engines in virtual time), `faults` (mock files and fault plans), `engine` and `storage`
(embedding), `services` and `aws_services` (the services that tasks call), `validation`, `errors`.
"""
