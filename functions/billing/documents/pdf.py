"""Documents as PDF. The same content gives the same bytes: dates come from the document, not from a clock.

The font is Noto Sans: Latin, Greek and Cyrillic scripts, and Devanagari without ligatures. A character of another
script is printed as a question mark.
"""

from datetime import datetime
from functools import cache

import fontpkg_noto_sans
from fpdf import FPDF
from fpdf.enums import TableBordersLayout, XPos, YPos
from fpdf.fonts import FontFace, TTFFont

from billing.documents.models import Printed
from billing.documents.receipt import RULE, receipt_rows

_FONT = fontpkg_noto_sans.ROOT / "files" / "NotoSans[wdth,wght].ttf"
_FAMILY = "NotoSans"
_WIDTHS = (74, 16, 24, 20, 16, 26)
"""Of the columns of the lines, in mm."""
_ROLL, _ROLL_MARGIN, _ROLL_LINE = 80, 4, 3.6


def page(printed: Printed) -> bytes:
    """Return a document on A4 pages; the headings of the lines are repeated on each."""
    pdf = _Document(printed, "A4")
    pdf.set_margins(17, 17)
    pdf.set_auto_page_break(True, 20)
    pdf.add_page()
    _parties(pdf, printed)
    _lines(pdf, printed)
    _sums(pdf, printed)
    return bytes(pdf.output())


def roll(printed: Printed) -> bytes:
    """Return a receipt on one page of 80 mm width, as long as it is."""
    rows = list(receipt_rows(printed))
    pdf = _Document(printed, (_ROLL, max(_ROLL, len(rows) * _ROLL_LINE + 3 * _ROLL_MARGIN)))
    pdf.set_margins(_ROLL_MARGIN, _ROLL_MARGIN)
    pdf.set_auto_page_break(False)
    pdf.add_page()
    pdf.set_font(_FAMILY, size=7)
    width = _ROLL - 2 * _ROLL_MARGIN
    for left, right in rows:
        if (left, right) == RULE:
            middle = pdf.get_y() + _ROLL_LINE / 2
            pdf.line(_ROLL_MARGIN, middle, _ROLL - _ROLL_MARGIN, middle)
            pdf.ln(_ROLL_LINE)
            continue
        pdf.cell(width, _ROLL_LINE, pdf.shown(left), new_x=XPos.LMARGIN, new_y=YPos.TOP)
        pdf.cell(width, _ROLL_LINE, pdf.shown(right), align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    return bytes(pdf.output())


class _Document(FPDF):
    """A document with its number and pages in the footer."""

    def __init__(self, printed: Printed, size: str | tuple[float, float]) -> None:
        super().__init__(format=size)
        self._number = printed.number
        self._numbered = size == "A4"
        self.set_creation_date(datetime.fromisoformat(printed.issued_at))
        self.set_title(f"{printed.title} {printed.number}")
        self.add_font(_FAMILY, fname=_FONT)
        self.set_font(_FAMILY, size=9)

    def footer(self) -> None:
        if self._numbered:
            self.set_y(-14)
            self.set_font(_FAMILY, size=8)
            self.cell(0, 5, self.shown(f"{self._number} - {self.page_no()}"), align="C")

    def shown(self, text: str) -> str:
        """Return a text with a question mark in place of each character that the font does not have."""
        return "".join(character if ord(character) in _characters() else "?" for character in text)


@cache
def _characters() -> frozenset[int]:
    """Return the characters of the font."""
    return frozenset(TTFFont(FPDF(), _FONT, _FAMILY, "").cmap)


def _parties(pdf: _Document, printed: Printed) -> None:
    for position, line in enumerate(printed.seller):
        pdf.set_font(_FAMILY, size=12 if position == 0 else 9)
        _paragraph(pdf, line)
    pdf.ln(6)
    pdf.set_font(_FAMILY, size=9)
    for line in printed.buyer:
        _paragraph(pdf, line)
    pdf.ln(6)
    pdf.set_font(_FAMILY, size=16)
    _paragraph(pdf, f"{printed.title} {printed.number}", 8)
    pdf.set_font(_FAMILY, size=9)
    for label, value in (("Date", printed.date), *printed.facts):
        _paragraph(pdf, f"{label}: {value}")
    pdf.ln(4)


def _lines(pdf: _Document, printed: Printed) -> None:
    with pdf.table(
        col_widths=_WIDTHS,
        text_align=("LEFT", "RIGHT", "RIGHT", "RIGHT", "RIGHT", "RIGHT"),
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        headings_style=FontFace(emphasis=None, fill_color=(235, 235, 235)),
        line_height=4.6,
        padding=0.8,
    ) as table:
        table.row(("Description", "Quantity", "Unit price", "Discount", "Tax", f"Total {printed.currency}"))
        for line in printed.lines:
            cells = (
                f"{line.description} ({line.sku})",
                str(line.quantity),
                line.unit_price or "",
                line.discount or "",
                line.tax_rate,
                line.total,
            )
            table.row([pdf.shown(cell) for cell in cells])
    pdf.ln(4)


def _sums(pdf: _Document, printed: Printed) -> None:
    for label, value in printed.totals:
        _sum(pdf, label, value, 10 if label.startswith("Total ") else 9)
    pdf.ln(3)
    for rate, net, tax in printed.taxes:
        _sum(pdf, f"Tax {rate} of {net}", tax, 8)
    pdf.ln(4)
    pdf.set_font(_FAMILY, size=9)
    for note in printed.notes:
        _paragraph(pdf, note)


def _sum(pdf: _Document, label: str, value: str, size: int) -> None:
    pdf.set_font(_FAMILY, size=size)
    pdf.cell(sum(_WIDTHS) - 40, 5, pdf.shown(label), align="R")
    pdf.cell(40, 5, pdf.shown(value), align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _paragraph(pdf: _Document, text: str, height: float = 4.6) -> None:
    pdf.multi_cell(0, height, pdf.shown(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
