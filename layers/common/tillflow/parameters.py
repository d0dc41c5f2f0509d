"""Parameters of the stack that are lists of ``name=value``."""


def named_values(parameter: str, text: str) -> dict[str, str]:
    """Return the values of ``name=value,…`` by name, empty for an empty text.

    ValueError for a name that is listed twice: which of its values is meant is not known, and CloudFormation's patterns
    cannot refuse it.
    """
    values: dict[str, str] = {}
    for entry in text.split(",") if text else ():
        name, _, value = (part.strip() for part in entry.partition("="))
        if name in values:
            raise ValueError(f"{parameter} has {name} twice; expected each once")
        values[name] = value
    return values
