"""Templates of CloudFormation: read by libyaml, in a tenth of the time that PyYAML's own parser takes."""

from __future__ import annotations

from ministack.services.cloudformation import engine


def install_template_parser() -> None:
    """Read templates by libyaml, if PyYAML has it, with MiniStack's intrinsic functions."""
    if not engine.yaml.__with_libyaml__:
        return

    class Loader(engine.yaml.CSafeLoader):  # type: ignore[misc]
        yaml_constructors = engine.CfnLoader.yaml_constructors
        yaml_multi_constructors = engine.CfnLoader.yaml_multi_constructors
        yaml_implicit_resolvers = engine.CfnLoader.yaml_implicit_resolvers

    engine.CfnLoader = Loader
