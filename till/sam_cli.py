"""Run the SAM CLI with libyaml: python -m till.sam_cli COMMAND [OPTION...].

sam reads and writes each template several times, for which PyYAML's own parser and emitter take half of its CPU time.
"""

import yaml


def use_libyaml() -> None:
    """Let libraries that are imported later read and write YAML by libyaml, if PyYAML has it."""
    if yaml.__with_libyaml__:
        yaml.SafeLoader, yaml.SafeDumper = yaml.CSafeLoader, yaml.CSafeDumper


def main() -> None:
    use_libyaml()
    # It derives its own loader and dumper from those of PyYAML when it is imported.
    from samcli.cli.main import cli

    cli(prog_name="sam")


if __name__ == "__main__":
    main()
