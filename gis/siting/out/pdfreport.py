"""The printed report of a result: what a council reads."""

import datetime as dt
from pathlib import Path
from typing import Any

from reportlab.platypus import KeepTogether, PageBreak, Spacer

from gis.fonts import FontFiles
from gis.pdf.face import Words, face_of
from gis.pdf.sheet import Sheet, write_pdf
from gis.siting.model import SitingResult
from gis.siting.out.reportmaps import candidates_map, heat_map
from gis.siting.out.reportmore import frontier_section, weights_section
from gis.siting.out.reporttext import Telling

Flow = list[Any]


def write_report(
    result: SitingResult,
    path: Path,
    fonts: FontFiles,
    made: dt.datetime,
    heat_times: tuple[dt.datetime, dt.datetime] | None,
    notes: tuple[str, ...] = (),
) -> None:
    """Write the report as PDF, whole or not at all, in the language of the result's parameters.

    `made` is when; `heat_times` when the heat was seen, None = not known; `notes` what to know besides.
    """
    say = Words(face_of(fonts))
    telling = Telling(result, say, made, heat_times, notes)
    word = telling.word
    sheet = Sheet(
        title=word["report_title"],
        header=word["report_title"],
        footer=word["footer"],
        face=say.face,
        mark=word["made_on"].format(when=telling.day(made)),
        language=result.params.language,
    )
    telling.width_pt = sheet.width_pt
    write_pdf(path, _flow(telling, sheet), sheet)


def _flow(telling: Telling, sheet: Sheet) -> Flow:
    result, say, word = telling.result, telling.say, telling.word
    map_height = sheet.height_pt - 120
    first = heat_map(result, say, sheet.width_pt, map_height)
    second = candidates_map(result, say, sheet.width_pt, map_height)
    return [
        *telling.cover(),
        PageBreak(),
        KeepTogether([say.say(word["map_heat"], "heading"), first[0], Spacer(0, 6), *first[1:]]),
        PageBreak(),
        KeepTogether([say.say(word["map_candidates"], "heading"), second[0], Spacer(0, 6), *second[1:]]),
        PageBreak(),
        *telling.chosen(),
        *telling.reasons(),
        *telling.verdicts(),
        *telling.rejected(),
        *telling.left_over(),
        *telling.fairness(),
        *frontier_section(result, say, sheet.width_pt),
        *telling.confidence(),
        *weights_section(result, say, sheet.width_pt),
        *telling.limits(),
        *telling.rest(),
    ]
