"""Installation of the parts of CloudFormation."""

from __future__ import annotations

from ..step_functions.engine import StepFunctions
from .nested_stacks import install_nested_stacks
from .resource_schemas import install_resource_schemas
from .resources import install_resources
from .templates import install_template_parser


def install_cloudformation(engine: StepFunctions) -> None:
    """Add resources of Step Functions, nested stacks and checks. Call it after the engine is installed."""
    install_resources(engine)
    install_nested_stacks()
    install_template_parser()
    install_resource_schemas()
