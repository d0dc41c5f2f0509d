"""Diagnostics of a definition: severity, code, message, location."""

from dataclasses import dataclass, field

SCHEMA = "SCHEMA_VALIDATION_FAILED"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding.

    `location` is a JSON pointer with array indexes as AWS writes them ("/States/A/Catch[0]/Next"), or None
    where AWS gives none.
    """

    severity: str
    code: str
    message: str
    location: str | None = None

    def as_json(self) -> dict[str, str]:
        """Return the diagnostic in the shape of ValidateStateMachineDefinition's response."""
        fields = {"severity": self.severity, "code": self.code, "message": self.message}
        return fields if self.location is None else fields | {"location": self.location}

    def __str__(self) -> str:
        """Return the diagnostic as it appears in the message of CreateStateMachine's InvalidDefinition."""
        return f"{self.code}: {self.message} at {'null' if self.location is None else self.location}"


@dataclass(slots=True)
class Findings:
    """The diagnostics of one definition, each once, in the order in which they were added."""

    diagnostics: list[Diagnostic] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether any diagnostic is an error."""
        return any(diagnostic.severity == "ERROR" for diagnostic in self.diagnostics)

    def error(self, message: str, location: str | None, code: str = SCHEMA) -> None:
        """Add an error."""
        self._add(Diagnostic("ERROR", code, message, location))

    def warning(self, message: str, location: str, code: str) -> None:
        """Add a warning."""
        self._add(Diagnostic("WARNING", code, message, location))

    def _add(self, diagnostic: Diagnostic) -> None:
        if diagnostic not in self.diagnostics:
            self.diagnostics.append(diagnostic)
