"""The flight document as one A4 page."""

from collections.abc import Sequence
from pathlib import Path

from reportlab.platypus import Flowable, Spacer, Table, TableStyle

from gis.fonts import korean_fonts
from gis.pdf.face import Face, Words, face_of
from gis.pdf.mapbox import MapBox, MapKey
from gis.pdf.maplayers import Ink, KeyEntry, MapLayer, Pins, Shapes
from gis.pdf.sheet import Sheet, write_pdf
from gis.pdf.table import table
from missions.document.facts import FlightFacts, FlightMap
from missions.document.rows import Row, blank_rows, check_rows, plan_rows, volume_rows
from missions.document.words import Language

MAP_HEIGHT_PT = 235.0
GAP_PT = 12.0
INKS = {
    "ground_risk": Ink(edge="#d9822b", fill="#f7d9b3", alpha=0.45),
    "contingency": Ink(edge="#c9a400", fill="#f6ecb0", alpha=0.6),
    "geography": Ink(edge="#2f8f4e", fill="#bfe3c8", alpha=0.8),
    "zone": Ink(edge="#a01733", fill="#e7a3b0", alpha=0.35, width_pt=1.0),
    "fence": Ink(edge="#3a4fb5", fill=None, width_pt=1.1),
    "path": Ink(edge="#17324d", fill=None, width_pt=0.8),
}


def write_document_pdf(facts: FlightFacts, path: Path, lang: Language, *, font: Path | None = None) -> None:
    """Write the page, whole or not at all. Raises `FontMissingError` or `BadFileError` for the font."""
    face = face_of(korean_fonts(font))
    sheet = Sheet(
        title=f"{lang['title']}: {facts.name}",
        header=f"{lang['title']}: {facts.name}",
        footer=f"{lang['footer']} · {lang['limits']}",
        face=face,
        mark=facts.mark,
        language=lang.code,
    )
    write_pdf(path, _flow(facts, lang, sheet, face), sheet)


def _flow(facts: FlightFacts, lang: Language, sheet: Sheet, face: Face) -> list[Flowable]:
    words, width = Words(face), sheet.width_pt
    half = (width - GAP_PT) / 2
    left = [*_table(words, "", plan_rows(facts, lang), half, 0.42)]
    right = [
        *_table(words, lang["volumes"], volume_rows(facts, lang), half, 0.62),
        *_table(words, lang["contacts"], blank_rows(lang), half, 0.34),
    ]
    return [
        MapBox(map_layers(facts.map), facts.map.bounds, width, MAP_HEIGHT_PT, face),
        Spacer(0, 3),
        MapKey(_key(facts.map, lang), width, face),
        Spacer(0, 4),
        _side_by_side(left, right, half),
        *_table(words, lang["checks"], check_rows(facts, lang), width, 0.1),
    ]


def _table(words: Words, title: str, rows: Sequence[Row], width: float, share: float) -> list[Flowable]:
    made: list[Flowable] = [words.say(title, "subheading")] if title else []
    return [*made, table(words, (), rows, (width * share, width * (1 - share)), bold=(0,))]


def _side_by_side(left: list[Flowable], right: list[Flowable], half: float) -> Table:
    both = Table([[left, "", right]], colWidths=[half, GAP_PT, half])
    both.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                *((f"{side}PADDING", (0, 0), (-1, -1), 0) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")),
            ]
        )
    )
    return both


def map_layers(shown: FlightMap) -> list[MapLayer]:
    """From the widest volume up to the path and the places."""
    layers: list[MapLayer] = [Shapes([g for _, g in shown.zones], INKS["zone"])]
    rings = {"ground_risk": shown.ground_risk, "contingency": shown.contingency, "geography": shown.geography}
    layers += [Shapes([shape], INKS[name]) for name, shape in rings.items() if shape is not None]
    layers += [Shapes(shown.fence, INKS["fence"]), Shapes([shown.path], INKS["path"])]
    layers.append(Pins(shown.drops, ["D"] * len(shown.drops), "#7a3fa0"))
    layers.append(Pins(shown.rally, ["R"] * len(shown.rally), "#3a4fb5"))
    return [*layers, Pins([(0.0, 0.0)], ["H"], "#17324d")]


def _key(shown: FlightMap, lang: Language) -> list[KeyEntry]:
    entries = [KeyEntry(lang["legend_path"], INKS["path"], "line")]
    if shown.geography is not None:
        names = ("geography", "contingency", "ground_risk")
        entries += [KeyEntry(lang[f"legend_{name}"], INKS[name]) for name in names]
    entries += [KeyEntry(lang["legend_fence"], INKS["fence"])] if shown.fence else []
    entries += [KeyEntry(lang["legend_zone"], INKS["zone"])] if shown.zones else []
    return [*entries, KeyEntry(lang["legend_home"], Ink(fill="#17324d"), "pin")]
