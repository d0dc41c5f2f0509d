"""X-Ray trace headers: `Root=1-…;Parent=…;Sampled=1`."""

import secrets


def parse_trace_header(header: str | None) -> dict[str, str]:
    """Return the fields of a trace header."""
    fields = (field.strip().partition("=") for field in (header or "").split(";"))
    return {name: value for name, separator, value in fields if separator}


def new_trace_header(now: float) -> str:
    """Return the header of a new, sampled trace."""
    return f"Root=1-{int(now):08x}-{secrets.token_hex(12)};Sampled=1"
