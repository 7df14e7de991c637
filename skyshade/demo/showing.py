"""The demo's pictures and the chapters of its page."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.geo import LonLat
from delivery.places import read_places
from flight.record import FlightRecord
from gis.siting.report import rank_text
from gis.vector import read_area
from missions.airspace import KEEP_OUT, read_zones
from missions.finding import Verdict
from skyshade.demo.page import Chapter, write_page
from skyshade.demo.picture import Track, difference_picture, heat_picture, scene_picture
from skyshade.demo.surveying import DAY

if TYPE_CHECKING:
    from delivery.model import Order
    from skyshade.demo.told import Story

VEHICLES = {"embedded": "the embedded copter", "ardupilot": "ArduPilot SITL"}
SAYS = {Verdict.PASS: "pass", Verdict.FAIL: "fail", Verdict.UNKNOWN: "unknown"}


def figures_of(story: "Story") -> list[tuple[str, str]]:
    """(value, label) of the figures worth a glance."""
    record, error = story.surveyed.record, story.mapped.error
    delivered = "yes" if story.delivered.delivered else "no"
    return [
        (f"{len(record.shots)}", f"frames taken in {record.flown_s:.0f} s of flight"),
        (f"{error.rmse_K:.2f} K", "heat map against truth, RMSE"),
        (f"{error.position_rmse_m:.2f} m", "position against truth, RMSE"),
        (f"{len(story.sited.result.chosen)}", "sites chosen, each with its reason"),
        (delivered, f"delivered, release confirmed; {story.delivered.record.flown_s:.0f} s of flight"),
        (f"{story.seconds['all']:.0f} s", "for the whole story"),
    ]


def show(story: "Story") -> Path:
    """Draw the pictures and write index.html; returns its path."""
    vehicle = VEHICLES.get(story.params.vehicle, story.params.vehicle)
    chapters = [_place(story), _survey(story), _map(story), _sites(story), _delivery(story), _files(story)]
    return write_page(story.out / "index.html", vehicle, figures_of(story), chapters)


def track_of(record: FlightRecord, label: str, colour: str) -> Track:
    """A flight's track, thinned for drawing."""
    rows = record.track[:: max(1, len(record.track) // 1500), 1:3]
    return Track(label, [LonLat(float(lon), float(lat)) for lon, lat in rows], colour)


def _outline(story: "Story") -> list[LonLat]:
    area = read_area(story.layers.survey_area)
    part = max(getattr(area, "geoms", [area]), key=lambda p: p.area)
    return [LonLat(float(x), float(y)) for x, y in np.asarray(part.exterior.coords)[:-1, :2]]


def _relative(story: "Story", path: Path) -> str:
    return path.relative_to(story.out).as_posix()


def _place(story: "Story") -> Chapter:
    picture = scene_picture(
        story.scene,
        story.out / "pictures" / "truth.png",
        title="True surface temperature",
        outline=_outline(story),
    )
    return Chapter(
        "place",
        "The place",
        "장소",
        (
            "A stream with grass banks, roads, roofs, trees and people, made by this program. Its true "
            "temperatures and heights are known everywhere, so the heat map can be judged. White: the area "
            "to survey."
        ),
        pictures=((_relative(story, picture), "The truth on a hot afternoon, with the survey area"),),
    )


def _survey(story: "Story") -> Chapter:
    record, plan = story.surveyed.record, story.planned.survey
    shots = Track("camera", [s.lonlat for s in story.surveyed.shots], "#ffd166", points=True)
    picture = scene_picture(
        story.scene,
        story.out / "pictures" / "survey.png",
        title="Survey as flown",
        tracks=[track_of(record, "track", "#4cc9f0"), shots],
        outline=_outline(story),
    )
    rows = tuple((f.rule.replace("_", " "), SAYS[f.verdict], f.message) for f in story.planned.findings)
    return Chapter(
        "survey",
        "Survey, planned and flown",
        "촬영 계획과 비행",
        (
            f"Planned for {story.params.gsd_m * 100:.0f} cm a pixel from {plan.height_m:.0f} m with "
            f"{story.params.front:.0%} and {story.params.side:.0%} overlap; every cell of the area is seen "
            f"at least {plan.coverage.min_overlap} times by the plan's own proof. Mission and fence were "
            "uploaded, read back and compared; the flight kept within "
            f"{record.max_deviation_m:.1f} m of its path."
        ),
        ("rule", "verdict", "what was found"),
        rows,
        pictures=((_relative(story, picture), "The flown track and every place a frame was taken"),),
    )


def _map(story: "Story") -> Chapter:
    heat, error = story.mapped.result, story.mapped.error
    drawn = heat_picture(heat.path, story.out / "pictures" / "heatmap.png", title="Heat map")
    off = difference_picture(
        heat.path,
        story.layers.truth,
        story.out / "pictures" / "difference.png",
        title="Heat map minus truth",
        shifts=error.shifts,
    )
    rows = (
        ("temperature, RMSE (away from roof edges)", f"{error.rmse_K:.2f} K"),
        ("temperature, RMSE over every pixel", f"{error.rmse_all_K:.2f} K"),
        ("temperature, mean error", f"{error.bias_K:+.2f} K"),
        ("position, RMSE of matched patches", f"{error.position_rmse_m:.2f} m"),
        ("frames used, left out", f"{heat.frames_used}, {len(heat.frames_rejected)}"),
        (
            "drift between frames, before and after",
            _pair(heat.drift_rms_before_K, heat.drift_rms_after_K, "K"),
        ),
        ("tie points, RMSE of their fit", _number(heat.reprojection_rmse_px, "px")),
    )
    return Chapter(
        "map",
        "Heat map against truth",
        "열지도와 참값의 비교",
        (
            "The frames carry what real ones carry: noise, edge falloff, drift, a shutter jump, and tags "
            "with errors in place, height, heading and clock. Two ground patches of known temperature set "
            "the level. This is surface temperature, not what a person feels."
        ),
        ("figure", "value"),
        rows,
        (1,),
        (
            (_relative(story, drawn), "The heat map"),
            (_relative(story, off), "Heat map minus truth; arrows show shifts, twenty times too long"),
        ),
        (
            (_relative(story, heat.report), "quality report"),
            (_relative(story, heat.path), "heat map (GeoTIFF)"),
        ),
    )


def _pair(before: float | None, after: float | None, unit: str) -> str:
    return f"{_number(before, unit)}, {_number(after, unit)}"


def _number(value: float | None, unit: str) -> str:
    return "unknown" if value is None else f"{value:.2f} {unit}"


def _sites(story: "Story") -> Chapter:
    result = story.sited.result
    rows = tuple((rank_text(s), s.name, f"{s.score:,.0f} person·K", s.why) for s in result.chosen)
    return Chapter(
        "sites",
        "Where shade helps most",
        "그늘이 가장 도움이 되는 곳",
        (
            "Chosen to take the most heat off the most people within walking distance; the best possible "
            f"choice is at most {result.solution.gap:.1%} better. Places that break a rule are rejected with "
            "the reason; what is not known is shown as unknown."
        ),
        ("rank", "place", "heat taken off", "why"),
        rows,
        (0, 2),
        files=(
            (_relative(story, story.sited.files.map), "map on its own page"),
            (_relative(story, story.sited.files.csv), "table (CSV)"),
            (_relative(story, story.sited.files.gpkg), "layers (GeoPackage)"),
        ),
        frame=_relative(story, story.sited.files.map),
    )


def _delivery(story: "Story") -> Chapter:
    told = story.delivered
    picture = scene_picture(
        story.scene,
        story.out / "pictures" / "delivery.png",
        title="Delivery as flown",
        tracks=[*_closed_zones(story), track_of(told.record, "delivery", "#80ed99"), *_ends(story)],
    )
    eta = "" if told.order.eta_s is None else f"promised in {told.order.eta_s / 60:.1f} minutes, "
    return Chapter(
        "delivery",
        "Delivery",
        "배달",
        (
            f"One order was refused: {told.refused.reasons[0]}. The other was accepted, {eta}flown round the "
            "closed zone in its altitude lane, released, and closed when the vehicle itself confirmed the "
            f"release: “{told.order.release_text}”."
        ),
        ("order", "goods", "state", "reason or confirmation"),
        tuple(_order_row(o) for o in (told.refused, told.order)),
        pictures=((_relative(story, picture), "Depot, route round the school, delivery point"),),
        files=((_relative(story, told.record_path), "the order's whole record"),),
    )


def _closed_zones(story: "Story") -> list[Track]:
    """Outlines of the zones in force that nobody may enter."""
    zones = [z for z in read_zones(story.layers.airspace) if z.kind in KEEP_OUT and z.active(DAY)]
    rings = [
        np.asarray(part.exterior.coords) for z in zones for part in getattr(z.polygon, "geoms", [z.polygon])
    ]
    places = [[LonLat(float(x), float(y)) for x, y in ring[:, :2]] for ring in rings]
    return [Track("closed zone" if n == 0 else "", ring, "#ff5d5d") for n, ring in enumerate(places)]


def _ends(story: "Story") -> list[Track]:
    """The depot and the point of the order as dots."""
    found = {p.id: p for p in read_places(story.layers.places)}
    depot = next(p for p in found.values() if p.kind == "depot")
    point = found[story.delivered.order.place]
    return [
        Track("depot", [depot.position], "#ffffff", points=True),
        Track("delivery point", [point.position], "#ffd166", points=True),
    ]


def _order_row(order: "Order") -> tuple[str, str, str, str]:
    goods = ", ".join(f"{count} x {name}" for name, count in order.lines)
    return order.id, goods, order.state.value, "; ".join(order.reasons) or (order.release_text or "")


def _files(story: "Story") -> Chapter:
    seconds = story.seconds
    rows = tuple((name, f"{value:.1f} s") for name, value in seconds.items())
    links = (
        ("demo.json", "every figure as JSON"),
        ("frames/", "radiometric JPEGs and true_poses.csv"),
        ("scene/truth.tif", "true temperatures"),
        ("scene/", "all layers of the place"),
        ("plans/survey.plan", "the survey plan"),
        ("flights/survey/flight.tlog", "survey recording, both directions"),
        ("flights/survey/shots.csv", "camera places as flown"),
        ("delivery.db", "the delivery store with its event log"),
    )
    return Chapter(
        "files",
        "Everything of this run",
        "이 실행의 모든 자료",
        f"The made day is {_day(DAY)}. Wall time of each chapter:",
        ("chapter", "time"),
        rows,
        (1,),
        files=links,
    )


def _day(moment: datetime) -> str:
    return f"{moment:%A} {moment.day} {moment:%B %Y}, {moment:%H:%M}"
