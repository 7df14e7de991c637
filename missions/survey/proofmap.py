"""A survey's proof to look at: a picture, and a page that opens without a network."""

import io
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.files import write_bytes
from core.geo import FloatArray, LocalFrame
from gis.vector import Area
from gis.webmap import Style, Text, WebMap
from gis.webmap.pictures import data_uri
from gis.webmap.text import Bounds
from missions.model import Command, Mission
from missions.survey.lattice import Lattice
from missions.survey.overlaps import Overlap
from missions.survey.params import Sortie, SurveyPlan
from missions.survey.proof import Proof

STEPS = (0, 1, 2, 4, 7, 11, 16)
"""The least number of photographs of each colour."""
COLOURS = (
    (200, 16, 46), (253, 174, 97), (255, 237, 160), (199, 233, 180), (127, 205, 187), (65, 182, 196),
    (34, 94, 168),
)  # fmt: skip
FLIGHTS = ("#101010", "#7b3294", "#a6611a", "#1b7837", "#2166ac", "#b2182b")
LONGEST_PX = 1600
MARGIN_PX = 40


def class_names() -> list[str]:
    """The colours' numbers of photographs in words."""
    spans = [str(a) if b == a + 1 else f"{a}-{b - 1}" for a, b in itertools.pairwise(STEPS)]
    return [*spans, f"{STEPS[-1]}+"]


def save_picture(plan: SurveyPlan, path: Path) -> Path:
    """Write the proof as a PNG: photographs of each cell, legs, what was found."""
    proof = _proof(plan)
    image = _drawn(plan, proof)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    write_bytes(path, buffer.getvalue())
    return path


def save_page(plan: SurveyPlan, path: Path, title: str) -> Path:
    """Write the proof as one HTML file: photographs of each cell, flights, photographs, what was found."""
    proof = _proof(plan)
    lattice, frame = proof.picture.lattice, proof.picture.frame
    page = WebMap(title, _bounds(lattice, frame), subtitle=_verdict(proof), languages=("ko", "en"))
    page.add_picture(
        data_uri(_png(_cells(proof)), "image/png"),
        _bounds(lattice, frame),
        name={"ko": "촬영 횟수", "en": "Photographs"},
        classes=[
            ("#" + bytes(c).hex(), n) for c, n in zip(reversed(COLOURS), class_names()[::-1], strict=True)
        ],
        opacity=0.8,
    )
    _add_layers(page, plan, proof)
    _add_sections(page, plan, proof)
    return page.save(path)


def _proof(plan: SurveyPlan) -> Proof:
    if plan.proof is None:
        raise ValueError("the plan has no proof to draw")
    return plan.proof


def _verdict(proof: Proof) -> Text:
    seen = f"{proof.coverage.fraction:.2%}"
    if proof.holds:
        return {"ko": f"증명됨: {seen} 촬영", "en": f"proved: {seen} seen"}
    return {"ko": f"증명되지 않음: {proof.faults[0]}", "en": f"NOT proved: {proof.faults[0]}"}


def _cells(proof: Proof) -> NDArray[np.uint8]:
    """Colours of the cells, north up, (rows, columns, 4)."""
    lattice, seen = proof.picture.lattice, proof.picture.seen
    classes = np.searchsorted(STEPS, seen.count, side="right") - 1
    shown = np.zeros((*classes.shape, 4), np.uint8)
    shown[..., :3] = np.array(COLOURS, np.uint8)[classes]
    shown[..., 3] = np.where(lattice.inside, 230, 0)
    return shown[::-1]


def _png(cells: NDArray[np.uint8]) -> bytes:
    from PIL import Image

    image = Image.fromarray(cells, "RGBA")
    image.thumbnail((LONGEST_PX, LONGEST_PX), Image.Resampling.NEAREST)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _bounds(lattice: Lattice, frame: LocalFrame) -> Bounds:
    half = lattice.cell_m / 2
    west, south = lattice.xs[0] - half, lattice.ys[0] - half
    east, north = lattice.xs[-1] + half, lattice.ys[-1] + half
    middle = (west + east) / 2, (south + north) / 2
    edges = frame.to_lonlat([(west, middle[1]), (middle[0], south), (east, middle[1]), (middle[0], north)])
    return float(edges[0, 0]), float(edges[1, 1]), float(edges[2, 0]), float(edges[3, 1])


def _add_layers(page: WebMap, plan: SurveyPlan, proof: Proof) -> None:
    import geopandas
    import shapely

    def layer(shapes: Sequence[Any], **columns: Sequence[Any]) -> Any:
        return geopandas.GeoDataFrame(dict(columns), geometry=list(shapes), crs="EPSG:4326")

    if plan.allowed is not None:
        page.add_vector(
            layer([plan.allowed]),
            name={"ko": "비행 허용 구역", "en": "Allowed air"},
            style=Style("#444444", 1.5, "#888888", 0.08),
        )
    if plan.target is not None:
        page.add_vector(
            layer([plan.target.boundary]),
            name={"ko": "촬영 구역", "en": "Area to be seen"},
            style=Style("#c0143c", 2.5),
        )
    for number, sortie in enumerate(plan.sorties, start=1):
        way = shapely.LineString([p.xy for p in _way(sortie.mission)])
        page.add_vector(
            layer([way], flight=[f"{number}"], minutes=[f"{sortie.duration_s / 60:.1f}"]),
            name={"ko": f"비행 {number}", "en": f"Flight {number}"},
            style=Style(FLIGHTS[(number - 1) % len(FLIGHTS)], 1.5),
            popup={"minutes": {"ko": "분", "en": "minutes"}},
            title="flight",
        )
    views = proof.picture.views
    places: Any = shapely.points(proof.picture.frame.to_lonlat(views.eyes[:, :2]))
    page.add_vector(
        layer(places, height=[f"{up:.1f}" for up in views.eyes[:, 2]]),
        name={"ko": "촬영 지점", "en": "Photographs taken from"},
        style=Style("#101010", 1.0, "#ffffff", 0.8, radius_px=2.0),
        popup={"height": {"ko": "높이 m", "en": "height m"}},
        show=len(views) <= 400,
    )


def _way(mission: Mission) -> list[Any]:
    """Home, every place, and home again where the mission returns."""
    returns = any(i.command == Command.NAV_RETURN_TO_LAUNCH for i in mission.items)
    return [*mission.places, *([mission.home.position] if returns else [])]


def _add_sections(page: WebMap, plan: SurveyPlan, proof: Proof) -> None:
    page.add_section(
        {"ko": "증명 결과", "en": "What was proved"},
        lines=list(proof.faults)
        or [{"ko": "요청한 모든 조건을 만족합니다", "en": "All that was asked holds"}],
        head=[{"ko": "항목", "en": "Figure"}, {"ko": "값", "en": "Value"}],
        rows=[list(row) for row in figures(proof)],
        numbers=[1],
    )
    page.add_section(
        {"ko": "셀별 촬영 횟수", "en": "Photographs of a cell"},
        head=[{"ko": "횟수", "en": "Number"}, {"ko": "비율", "en": "Share"}],
        rows=[[name, f"{share:.1%}"] for name, share in zip(class_names(), _by_class(proof), strict=True)],
        numbers=[1],
    )
    page.add_section(
        {"ko": "비행", "en": "Flights"},
        head=["", {"ko": "분", "en": "min"}, "km", "Wh", {"ko": "사진", "en": "shots"}],
        rows=[_flight_row(n, s) for n, s in enumerate(plan.sorties, start=1)],
        numbers=[1, 2, 3, 4],
    )


def _flight_row(number: int, sortie: Sortie) -> list[Text]:
    return [
        str(number),
        f"{sortie.duration_s / 60:.1f}",
        f"{sortie.distance_m / 1000:.2f}",
        f"{sortie.energy_Wh:.0f}",
        str(len(sortie.shots)),
    ]


def _by_class(proof: Proof) -> list[float]:
    """The share of cells of each colour."""
    numbers = np.array(proof.histogram, float)
    classes = np.searchsorted(STEPS, np.arange(len(numbers)), side="right") - 1
    return [float(numbers[classes == k].sum() / numbers.sum()) for k in range(len(STEPS))]


def figures(proof: Proof) -> list[tuple[Text, str]]:
    """What a proof found, in rows of name and value."""
    rows: list[tuple[Text, str]] = [
        ({"ko": "촬영된 비율", "en": "Seen"}, f"{proof.coverage.fraction:.3%}"),
        ({"ko": "놓친 셀", "en": "Cells missed"}, f"{proof.missed} / {proof.cells}"),
        ({"ko": "최소 촬영 횟수", "en": "Least photographed spot"}, f"{proof.coverage.min_overlap}"),
        ({"ko": "종방향 중복", "en": "Overlap along, least / median"}, _pair(proof.along)),
        ({"ko": "횡방향 중복", "en": "Overlap across, least / median"}, _pair(proof.across)),
    ]
    if proof.gsd_m is not None:
        sizes = f"{proof.gsd_m[0]:.3f} - {proof.gsd_m[1]:.3f} m"
        rows.append(({"ko": "지상 해상도", "en": "Ground size of a pixel"}, sizes))
    if proof.air is not None:
        outside = f"{proof.air.legs_outside_m:.1f} / {proof.air.turns_outside_m:.1f} m"
        rows.append(({"ko": "구역 밖 경로 / 선회", "en": "Legs / turns outside"}, outside))
    if proof.air is not None and proof.air.lowest_m is not None and proof.air.highest_m is not None:
        heights = f"{proof.air.lowest_m:.0f} - {proof.air.highest_m:.0f} m"
        rows.append(({"ko": "지상고", "en": "Height above ground"}, heights))
    return rows


def _pair(overlap: Overlap | None) -> str:
    return "-" if overlap is None else f"{overlap.least:.1%} / {overlap.median:.1%}"


def _drawn(plan: SurveyPlan, proof: Proof) -> Any:
    """The picture: cells, outline of the area, legs of each flight, a caption."""
    from PIL import Image, ImageDraw

    lattice, frame = proof.picture.lattice, proof.picture.frame
    rows, columns = lattice.inside.shape
    scale = (LONGEST_PX - 2 * MARGIN_PX) / max(rows, columns)
    size = round(columns * scale), round(rows * scale)
    cells = Image.fromarray(_cells(proof), "RGBA").resize(size, Image.Resampling.NEAREST)
    caption = 22 * (len(plan.sorties) + 9 + len(proof.faults))
    width = max(size[0] + 2 * MARGIN_PX, 640)
    image = Image.new("RGB", (width, size[1] + 2 * MARGIN_PX + caption), "white")
    image.paste(cells, (MARGIN_PX, MARGIN_PX), cells)
    pen = ImageDraw.Draw(image)

    def pixels(xy: FloatArray) -> list[tuple[float, float]]:
        east = (xy[:, 0] - lattice.xs[0]) / lattice.cell_m * scale + MARGIN_PX
        north = (lattice.ys[-1] - xy[:, 1]) / lattice.cell_m * scale + MARGIN_PX
        return list(zip(east.tolist(), north.tolist(), strict=True))

    _outlined(pen, plan.target, frame, pixels)
    for number, sortie in enumerate(plan.sorties):
        places = np.array([p.xy for p in _way(sortie.mission)])
        way = frame.to_local(places[:, 0], places[:, 1])
        pen.line(pixels(way), fill=FLIGHTS[number % len(FLIGHTS)], width=2)
    _captioned(pen, plan, proof, size[1] + 2 * MARGIN_PX)
    return image


def _outlined(pen: Any, target: Area | None, frame: LocalFrame, pixels: Any) -> None:
    import shapely

    if target is None:
        return
    for ring in shapely.get_parts(shapely.get_parts(target.boundary)):
        xy = np.asarray(ring.coords)
        pen.line(pixels(frame.to_local(xy[:, 0], xy[:, 1])), fill="#c0143c", width=3)


def _captioned(pen: Any, plan: SurveyPlan, proof: Proof, top: int) -> None:
    from PIL import ImageFont

    font = ImageFont.load_default(16)
    across = MARGIN_PX
    for name, colour in zip(class_names(), COLOURS, strict=True):
        pen.rectangle((across, top, across + 18, top + 16), fill=colour)
        pen.text((across + 22, top - 2), name, fill="black", font=font)
        across += 40 + 9 * len(name)
    found = [
        f"{name['en'] if not isinstance(name, str) else name}: {value}" for name, value in figures(proof)
    ]
    flights = [
        f"flight {n}: {s.duration_s / 60:.1f} min, {s.distance_m / 1000:.2f} km, {len(s.shots)} shots"
        for n, s in enumerate(plan.sorties, start=1)
    ]
    verdict = ["proved"] if proof.holds else [f"NOT proved: {fault}" for fault in proof.faults]
    for number, line in enumerate([*verdict, *found, *flights], start=1):
        pen.text((MARGIN_PX, top + 2 + 22 * number), line, fill="black", font=font)
