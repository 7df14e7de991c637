"""`skyshade mission check` as a process: a plan of 600 items over a 5 m DEM of 10 km2, with every option.

Zones (60, with dates and heights), permits, weather, aircraft, camera and time are given, so that every rule
works. The DEM is made anew in several coordinate systems and height datums. Cold means a first start: neither
byte code nor compiled kernels of anything; warm is the median of the runs after it. Flies nothing.

python benchmarks/mission_check.py [--items 600] [--runs 5]
"""

import argparse
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import measure
import numpy as np
import rasterio
import shapely
from rasterio.transform import from_origin
from rasterio.warp import Resampling, reproject
from shapely.geometry import box, mapping

from core.geo import Altitude, Datum, LocalFrame, LonLat
from missions.formats import write_plan
from missions.model import Command, Fence, FencePolygon, Home, Mission, MissionItem, RallyPoint

FRAME = LocalFrame(LonLat(127.12, 37.40))
WIDE_M, HIGH_M, PIXEL_M, HOME_M = 2500.0, 4000.0, 5.0, 40.0
LEGS_M, APART_M, UP_M = 700.0, 12.0, 90.0
NOON = "2025-06-01T12:00+09:00"
SYSTEMS = (
    ("EPSG:5186", "sea level, not said"),
    ("EPSG:4326", "sea level, not said"),
    ("EPSG:32652", "sea level, not said"),
    ("EPSG:5179+5773", "EGM96, said"),
    ("EPSG:4979", "WGS84 ellipsoid, said"),
)


@dataclass(frozen=True, slots=True)
class Day:
    """The files that every run reads besides the DEM."""

    plan: Path
    zones: Path
    permits: Path
    weather: Path


def ground_m(east: np.ndarray, north: np.ndarray) -> np.ndarray:
    """Hills of 25 m over a valley that rises gently to the north."""
    return HOME_M + 12.0 * np.sin(east / 210.0) * np.cos(north / 170.0) + north / 400.0 + 12.0


def dem(folder: Path, system: str) -> Path:
    """The made ground in one coordinate system, 5 m pixels, tiled and compressed."""
    columns, rows = int(WIDE_M / PIXEL_M), int(HIGH_M / PIXEL_M)
    east = (np.arange(columns) + 0.5) * PIXEL_M - WIDE_M / 2
    north = HIGH_M / 2 - (np.arange(rows) + 0.5) * PIXEL_M
    heights = ground_m(*np.meshgrid(east, north)).astype(np.float32)
    near = from_origin(-WIDE_M / 2, HIGH_M / 2, PIXEL_M, PIXEL_M)
    flat = system.partition("+")[0]
    moved, transform = reproject(
        heights, src_transform=near, src_crs=FRAME.proj4, dst_crs=flat, dst_nodata=np.nan,
        resampling=Resampling.bilinear,
    )  # fmt: skip
    path = folder / f"지형-{system.replace(':', '')}.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=moved.shape[2], height=moved.shape[1], count=1, dtype="float32",
        crs=system, transform=transform, nodata=-9999.0, tiled=True, compress="deflate",
    ) as out:  # fmt: skip
        out.write(np.where(np.isfinite(moved[0]), moved[0], -9999.0), 1)
    return path


def mission(items: int) -> Mission:
    """A survey of parallel legs, triggers on and off at their ends, with fence and rally points."""
    found = [go(Command.NAV_TAKEOFF, 0.0, 0.0), MissionItem(Command.DO_CHANGE_SPEED, (1.0, 8.0, -1.0, 0.0))]
    row = 0
    while len(found) < items - 4:
        y, way = -1800.0 + APART_M * row, 1.0 if row % 2 else -1.0
        found += [
            go(Command.NAV_WAYPOINT, -way * LEGS_M / 2, y),
            MissionItem(Command.DO_SET_CAM_TRIGG_DIST, (9.0, 0.0, 1.0, 0.0)),
            go(Command.NAV_WAYPOINT, way * LEGS_M / 2, y),
            MissionItem(Command.DO_SET_CAM_TRIGG_DIST),
        ]
        row += 1
    while len(found) < items - 1:
        found.append(MissionItem(Command.CONDITION_YAW, (0.0, 0.0, 0.0, 0.0)))
    found.append(MissionItem(Command.NAV_RETURN_TO_LAUNCH))
    fence = Fence((FencePolygon(tuple(FRAME.place(*c) for c in corners(-1100, -1950, 1100, 1950))),))
    rally = tuple(RallyPoint(FRAME.place(x, -900.0), Altitude(60.0, Datum.HOME)) for x in (-400.0, 400.0))
    return Mission(Home(FRAME.origin, HOME_M + 12.0), tuple(found), fence, rally, cruise_ms=8.0)


def corners(west: float, south: float, east: float, north: float) -> list[tuple[float, float]]:
    """Four corners in metres."""
    return [(west, south), (east, south), (east, north), (west, north)]


def go(command: Command, x: float, y: float) -> MissionItem:
    """An item at metres east and north of home."""
    return MissionItem(command, position=FRAME.place(x, y), altitude=Altitude(UP_M, Datum.HOME))


def day(folder: Path, items: int) -> Day:
    """Plan, zones, permits and weather as files."""
    made = Day(folder / "계획.plan", folder / "공역.geojson", folder / "허가.toml", folder / "날씨.toml")
    write_plan(mission(items), made.plan)
    made.zones.write_text(json.dumps({"type": "FeatureCollection", "features": zones()}), encoding="utf-8")
    made.permits.write_text(
        '[[permit]]\nzone = "관제권"\nfrom = 2025-01-01T00:00:00+09:00\nuntil = 2025-12-31T00:00:00+09:00\n',
        encoding="utf-8",
    )
    made.weather.write_text(
        "wind_ms = 3\nwind_from_deg = 250\ngust_ms = 5\nvisibility_m = 9000\nrain_mm_h = 0\n"
        "temperature_C = 22\ncloud_base_m = 900\n",
        encoding="utf-8",
    )
    return made


def zones() -> list[dict[str, object]]:
    """Sixty zones of twelve corners round the survey, and a control zone over half of it."""
    rng = np.random.default_rng(8)
    shapes = [box(-900, -1900, 0, 1900)]
    names = [{"name": "관제권", "kind": "control"}]
    for number in range(60):
        side = -1 if number % 2 else 1
        x, y = side * rng.uniform(700, 1200), rng.uniform(-1900, 1900)
        shapes.append(shapely.Point(x, y).buffer(rng.uniform(40, 90), quad_segs=3))
        floor = {"floor_m": 0, "floor_datum": "ground", "ceiling_m": 150, "ceiling_datum": "ground"}
        names.append({"name": f"학교 {number}", "kind": "no_fly", **floor})
    return [
        {"type": "Feature", "properties": p, "geometry": mapping(shapely.transform(s, FRAME.to_lonlat))}
        for s, p in zip(shapes, names, strict=True)
    ]


def command(files: Day, ground: Path) -> list[str]:
    """The command with every option."""
    return measure.skyshade(
        "mission", "check", str(files.plan), "--zones", str(files.zones), "--dem", str(ground), "--permits",
        str(files.permits), "--weather", str(files.weather), "--aircraft", "quad-4kg", "--camera", "M3T",
        "--at", NOON, "--rtl-alt-m", "100", "--json",
    )  # fmt: skip


def cold(args: list[str], folder: Path) -> measure.Run:
    """A run that finds no byte code, of ours or of any library, and no compiled kernel."""
    empty = {"PYTHONPYCACHEPREFIX": str(folder / "bytes"), "NUMBA_CACHE_DIR": str(folder / "kernels")}
    os.environ.update(empty)
    try:
        return measure.run(args)
    finally:
        for name in empty:
            del os.environ[name]


def row(label: str, runs: list[measure.Run]) -> str:
    """One line of the table; the verdicts of the last run."""
    answer = json.loads(runs[-1].output)
    counted = [sum(f["verdict"] == v for f in answer["findings"]) for v in ("pass", "fail", "unknown")]
    wall, cpu = (measure.median([getattr(r, name) for r in runs]) for name in ("wall_s", "cpu_s"))
    peak = max(r.peak_mb for r in runs)
    return f"| {label} | {wall:.2f} | {cpu:.2f} | {peak:.0f} | {' / '.join(map(str, counted))} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=600)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        files = day(folder, options.items)
        print(f"{options.items} items, {WIDE_M * HIGH_M / 1e6:g} km2 in {PIXEL_M:g} m pixels, 61 zones\n")
        print("| DEM | wall s | CPU s | peak MB | pass / fail / unknown |\n|---|---|---|---|---|")
        first = dem(folder, SYSTEMS[0][0])
        print(row(f"cold, {SYSTEMS[0][0]}", [cold(command(files, first), folder)]))
        for system, datum in SYSTEMS:
            args = command(files, dem(folder, system))
            measure.run(args)
            print(
                row(f"warm, {system}, {datum}", [measure.run(args) for _ in range(options.runs)]), flush=True
            )


if __name__ == "__main__":
    main()
