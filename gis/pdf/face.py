"""The letters of a document: fonts made known to reportlab, and the looks of its paragraphs."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph

from gis.fonts import FontFiles

RIGHT: Literal[2] = 2  # as reportlab counts alignments
INK, SOFT, DARK = "#1d2328", "#5a666f", "#17324d"


@dataclass(frozen=True, slots=True)
class Face:
    """Names of the registered fonts, regular and bold."""

    regular: str
    bold: str


def face_of(files: FontFiles) -> Face:
    """Make font files known to reportlab, once each; they are embedded as the letters that are used."""
    return Face(_registered(files.regular), _registered(files.bold))


def _registered(path: Path) -> str:
    name = f"{path.stem}-{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:8]}"
    if name not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(name, str(path)))
    return name


class Words:
    """Paragraphs in the looks of a document: title, heading, body, small, cell, number, bold cell."""

    def __init__(self, face: Face) -> None:
        self.face = face
        self._looks = {
            "title": self._look(21, 27, face.bold, DARK, after=4),
            "heading": self._look(13.5, 18, face.bold, DARK, before=10, after=4),
            "subheading": self._look(10.5, 15, face.bold, INK, before=6, after=2),
            "body": self._look(9.5, 14.5, face.regular, INK, after=3),
            "bullet": self._look(9.5, 14.5, face.regular, INK, after=1.5, indent=10),
            "small": self._look(8, 11.5, face.regular, SOFT, after=2),
            "cell": self._look(8.3, 11.5, face.regular, INK),
            "cell_bold": self._look(8.3, 11.5, face.bold, INK),
            "number": self._look(8.3, 11.5, face.regular, INK, align=RIGHT),
            "number_bold": self._look(8.3, 11.5, face.bold, INK, align=RIGHT),
            "big": self._look(17, 21, face.bold, DARK),
        }

    def say(self, text: str, look: str = "body") -> Paragraph:
        """A paragraph; the text is taken as it is, not as markup."""
        marked = escape(text).replace("\n", "<br/>")
        return Paragraph(marked, self._looks[look], bulletText="•" if look == "bullet" else None)

    def _look(
        self,
        size: float,
        leading: float,
        font: str,
        colour: str,
        *,
        before: float = 0,
        after: float = 0,
        indent: float = 0,
        align: Literal[0, 2] = 0,
    ) -> ParagraphStyle:
        return ParagraphStyle(
            f"{font}{size}",
            fontName=font,
            bulletFontName=font,
            fontSize=size,
            leading=leading,
            textColor=HexColor(colour),
            spaceBefore=before,
            spaceAfter=after,
            leftIndent=indent,
            bulletIndent=0,
            alignment=align,
            splitLongWords=1,
        )
