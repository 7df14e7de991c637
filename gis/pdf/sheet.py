"""Sheets of paper: a header, a footer with page numbers, and what flows between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate

from core.files import written_beside
from gis.pdf.face import DARK, SOFT, Face

MARGIN_PT = 45.0
RULE = HexColor("#b9c3ca")


@dataclass(frozen=True, slots=True)
class Sheet:
    """The furniture of each page: `header` and `footer` texts on the left, `mark` on the header's right.

    `size_pt` the paper (width, height). Page numbers stand as `3 / 7` in the footer's right.
    """

    title: str
    header: str
    footer: str
    face: Face
    mark: str = ""
    language: str = "ko"
    size_pt: tuple[float, float] = A4

    @property
    def width_pt(self) -> float:
        """Room for what flows, in points."""
        return self.size_pt[0] - 2 * MARGIN_PT

    @property
    def height_pt(self) -> float:
        """Room for what flows, in points."""
        return self.size_pt[1] - 2 * MARGIN_PT - 24.0


class NumberedCanvas(Canvas):
    """A canvas that draws the furniture when it knows how many pages there are."""

    def __init__(self, *args: Any, sheet: Sheet, **kwargs: Any) -> None:
        # without a first font of ours reportlab names Helvetica, which is not embedded
        super().__init__(*args, **(kwargs | {"initialFontName": sheet.face.regular}))
        self._sheet = sheet
        self._held: list[dict[str, Any]] = []

    def showPage(self) -> None:  # reportlab's name
        """Keep the page back."""
        self._held.append(dict(self.__dict__))
        self._startPage()  # type: ignore[attr-defined]  # there, but not in the stubs

    def save(self) -> None:
        """Draw every page's furniture and write the file."""
        for number, state in enumerate(self._held, start=1):
            self.__dict__.update(state)
            self._furnish(number, len(self._held))
            super().showPage()
        super().save()

    def _furnish(self, number: int, pages: int) -> None:
        sheet = self._sheet
        width, height = sheet.size_pt
        top, bottom = height - MARGIN_PT + 8, MARGIN_PT - 12
        self.setStrokeColor(RULE)
        self.setLineWidth(0.6)
        self.line(MARGIN_PT, bottom + 11, width - MARGIN_PT, bottom + 11)
        count = f"{number} / {pages}"
        room = sheet.width_pt
        self.setFillColor(HexColor(SOFT))
        self.setFont(sheet.face.regular, 8)
        self.drawString(MARGIN_PT, bottom, _fitted(sheet.footer, sheet.face.regular, 8, room - 60))
        self.drawRightString(width - MARGIN_PT, bottom, count)
        self.line(MARGIN_PT, top - 4, width - MARGIN_PT, top - 4)
        self.drawRightString(width - MARGIN_PT, top, sheet.mark)
        self.setFillColor(HexColor(DARK))
        self.setFont(sheet.face.bold, 8)
        self.drawString(MARGIN_PT, top, _fitted(sheet.header, sheet.face.bold, 8, room * 0.65))


def _fitted(text: str, font: str, size: float, room_pt: float) -> str:
    """As much of a text as fits, with dots where it does not."""
    if stringWidth(text, font, size) <= room_pt:
        return text
    while text and stringWidth(text + "…", font, size) > room_pt:
        text = text[:-1]
    return text + "…"


def write_pdf(path: Path, flow: Sequence[Flowable], sheet: Sheet) -> None:
    """Write a document, whole or not at all. The same content gives the same bytes."""
    frame = Frame(
        MARGIN_PT,
        MARGIN_PT + 6,
        sheet.width_pt,
        sheet.height_pt,
        leftPadding=0,
        rightPadding=0,
        topPadding=0,
        bottomPadding=0,
    )
    with written_beside(path) as beside:
        document = BaseDocTemplate(
            str(beside),
            pagesize=sheet.size_pt,
            pageTemplates=[PageTemplate(id="page", frames=[frame])],
            title=sheet.title,
            author="Skyshade",
            lang=sheet.language,
            invariant=1,
            pageCompression=1,
        )
        document.build(list(flow), canvasmaker=lambda *a, **k: NumberedCanvas(*a, sheet=sheet, **k))
