"""The figures as a table, this engine's beside those of the others."""

from benchmarks.comparison.definitions import Json

# Name, title, format, and whether more is better (None: not compared).
FIGURES: tuple[tuple[str, str, str, bool | None], ...] = (
    ("pass_ms", "3 Pass states, ms", "{:.2f}", False),
    ("pass_per_s", "3 Pass states, per second", "{:.0f}", True),
    ("pass_per_s_core", "  per second of one core", "{:.0f}", True),
    ("saga_ms", "10-state saga, ms", "{:.2f}", False),
    ("saga_per_s", "10-state saga, per second", "{:.0f}", True),
    ("saga_per_s_core", "  per second of one core", "{:.0f}", True),
    ("map_s", "Map of 1,000 items, s", "{:.3f}", False),
    ("map_s_core", "  seconds of one core", "{:.3f}", False),
    ("waiting_ms", "1,000 waiting executions, ms until all have ended once due", "{:.1f}", False),
    ("waiting_s_core", "  seconds of one core, from the first start on", "{:.2f}", False),
    ("state_us", "a state in a loop of 500 turns, us of one core", "{:.0f}", False),
    ("state_late_us", "  of 5,000 turns", "{:.0f}", False),
    ("cold_s", "cold start, s", "{:.2f}", False),
    ("memory_first_mb", "memory, MB", "{:.0f}", False),
    ("memory_1000_mb", "  with 1,000 executions more", "{:.0f}", False),
    ("memory_10000_mb", "  with 10,000 executions more", "{:.0f}", False),
)


def times(results: list[Json], figure: str, more: bool | None) -> str:
    """Return this engine's figure relative to the better of the others."""
    own, *others = [result.get(figure) for result in results]
    reached = [other for other in others if other]
    if more is None or not own or not reached or results[0]["engine"] != "embedded":
        return ""
    return f"{own / max(reached) if more else min(reached) / own:.1f}"


def table(results: list[Json]) -> str:
    rows = [["", *(result["engine"] for result in results), "times"]]
    for figure, title, form, more in FIGURES:
        cells = [form.format(r[figure]) if r.get(figure) is not None else "-" for r in results]
        rows.append([title, *cells, times(results, figure, more)])
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
