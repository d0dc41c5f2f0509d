"""What is said of a definition: code, message, place."""

from dataclasses import dataclass, field

SCHEMA = "SCHEMA_VALIDATION_FAILED"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. `location` is like a JSON pointer, arrays as AWS writes them ("/States/A/Catch[0]/Next"),
    or None where AWS gives none.
    """

    severity: str
    code: str
    message: str
    location: str | None = None

    def as_json(self) -> dict[str, str]:
        """As ValidateStateMachineDefinition answers it."""
        shown = {"severity": self.severity, "code": self.code, "message": self.message}
        return shown if self.location is None else shown | {"location": self.location}

    def __str__(self) -> str:
        """As CreateStateMachine's InvalidDefinition has it."""
        return f"{self.code}: {self.message} at {'null' if self.location is None else self.location}"


@dataclass(slots=True)
class Findings:
    """The diagnostics of one definition, as they are found."""

    found: list[Diagnostic] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        return any(found.severity == "ERROR" for found in self.found)

    def error(self, message: str, location: str | None, code: str = SCHEMA) -> None:
        self._add(Diagnostic("ERROR", code, message, location))

    def warning(self, message: str, location: str, code: str) -> None:
        self._add(Diagnostic("WARNING", code, message, location))

    def _add(self, diagnostic: Diagnostic) -> None:
        if diagnostic not in self.found:
            self.found.append(diagnostic)
