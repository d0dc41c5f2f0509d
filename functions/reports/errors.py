"""Errors of reports."""

from tillflow.errors import InvalidRequest


class InvalidReport(InvalidRequest):
    """A report that cannot be made."""

    cashier_message = "The report is not valid. Check the named field."
    subject = "report"
