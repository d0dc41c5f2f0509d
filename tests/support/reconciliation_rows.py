"""The rows of a shop in order with a complete reconciliation."""

from tests.support import shop_rows


def rows() -> dict[str, list[shop_rows.Row]]:
    """Return the rows of the small shop, and the run of a day without a difference."""
    tables = shop_rows.rows()
    run = {"pk": "RECONCILIATION#2026-11-22", "sk": "RUN", "run_id": "2026-11-22", "status": "COMPLETE"}
    tables["PaymentsTable"].append(run)
    return tables
