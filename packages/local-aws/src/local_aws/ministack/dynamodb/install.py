"""Installation of the parts of DynamoDB that need no journal."""

from __future__ import annotations

from .costs import reduce_dynamodb_costs
from .expression_checks import install_expression_checks
from .index_pages import install_index_pages
from .tables import lock_streams


def install_dynamodb() -> None:
    """Check expressions, read indexes by page, reduce CPU time. Call it before the journal is installed."""
    lock_streams()
    install_expression_checks()
    reduce_dynamodb_costs()
    install_index_pages()
