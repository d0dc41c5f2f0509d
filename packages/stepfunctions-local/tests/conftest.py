"""Settings of Hypothesis, and the seed of the random order in the summary of a run."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings

# A deadline measures the machine, not the code.
settings.register_profile("tests", deadline=None)
settings.load_profile("tests")


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the seed of the order, which `-q` hides: `--randomly-seed=N` repeats it."""
    seed = getattr(config.option, "randomly_seed", None)
    if isinstance(seed, int):
        terminalreporter.write_line(f"Random order: --randomly-seed={seed}")
