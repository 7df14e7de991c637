"""Tables that run over pages, their head repeated."""

from collections.abc import Sequence
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.platypus import LongTable, TableStyle

from gis.pdf.face import Words

LINE, HEAD = HexColor("#d5dce1"), HexColor("#e9eef2")


def table(
    words: Words,
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    widths_pt: Sequence[float],
    *,
    numbers: Sequence[int] = (),
    bold: Sequence[int] = (),
) -> LongTable:
    """Rows of text under `head` (may be empty); `numbers` columns stand on the right, `bold` ones bold."""

    def line(row: Sequence[str], *, strong: bool) -> list[object]:
        return [words.say(text, _look(at in numbers, strong or at in bold)) for at, text in enumerate(row)]

    lines = [line(head, strong=True)] if head else []
    lines += [line(row, strong=False) for row in rows]
    made = LongTable(lines, colWidths=list(widths_pt), repeatRows=1 if head else 0, hAlign="LEFT")
    style: list[Any] = [
        ("FONTNAME", (0, 0), (-1, -1), words.face.regular),  # else Helvetica is named, and not embedded
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
        ("LEFTPADDING", (0, 0), (-1, -1), 4),
        ("RIGHTPADDING", (0, 0), (-1, -1), 4),
        ("TOPPADDING", (0, 0), (-1, -1), 2.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ]
    if head:
        style += [("BACKGROUND", (0, 0), (-1, 0), HEAD), ("LINEABOVE", (0, 0), (-1, 0), 0.8, LINE)]
    made.setStyle(TableStyle(style))
    return made


def _look(number: bool, bold: bool) -> str:
    return ("number" if number else "cell") + ("_bold" if bold else "")
