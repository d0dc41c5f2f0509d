"""The providers of a stack, and which of them takes which tender at which location.

The configuration is a list such as ``card=stripe,berlin/card=sandbox``: the provider of a type of tender, and another
one for a location. Other tenders have providers of their own, which are not configured.
"""

from collections.abc import Callable, Mapping

from tillflow.parameters import named_values

from payments.provider import Provider, ProviderBooks

type Build = Callable[[], Provider]
type BuildBooks = Callable[[], ProviderBooks]

FIXED: Mapping[str, str] = {
    kind: kind for kind in ("cash", "exchange", "gift_card", "on_account", "store_credit")
}
"""The provider of the types of tender that have only one."""


class _Named[Built]:
    """What is built by name when it is first used: Stripe's library takes a third of a second to import."""

    def __init__(self, build: Mapping[str, Callable[[], Built]]) -> None:
        self._build = build
        self._built: dict[str, Built] = {}

    def named(self, name: str) -> Built:
        """Return what has a name."""
        if name not in self._built:
            self._built[name] = self._build[name]()
        return self._built[name]


class Providers(_Named[Provider]):
    """The providers by name."""

    def __init__(self, configuration: str, build: Mapping[str, Build]) -> None:
        super().__init__(build)
        self._chosen = {**FIXED, **named_values("PaymentProviders", configuration)}
        unknown = sorted(set(self._chosen.values()) - build.keys())
        if unknown:
            raise ValueError(f"providers {', '.join(unknown)} do not exist; expected {', '.join(build)}")

    def name_of(self, location: str | None, tender_type: str) -> str:
        """Return the name of the provider that takes a type of tender at a location."""
        return self._chosen.get(f"{location}/{tender_type}") or self._chosen[tender_type]


class OutsideBooks(_Named[ProviderBooks]):
    """The books of the configured providers that are outside this system, by name."""

    def __init__(self, configuration: str, build: Mapping[str, BuildBooks]) -> None:
        super().__init__(build)
        self.names = tuple(
            sorted(set(named_values("PaymentProviders", configuration).values()) & build.keys())
        )
