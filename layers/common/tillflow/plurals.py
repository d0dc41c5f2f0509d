"""Numbers with nouns, in messages."""


def counted(number: int, singular: str) -> str:
    """Return a number with its regular noun: "1 unit", "1,000 units"."""
    return f"{number:,} {noun(number, singular)}"


def noun(number: int, singular: str) -> str:
    """Return the form of a noun after a number: "unit" and "entry" after 1 and -1, else "units" and "entries"."""
    if abs(number) == 1:
        return singular
    return f"{singular[:-1]}ies" if singular.endswith("ry") else f"{singular}s"
