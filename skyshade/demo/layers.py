"""The made place's map layers and true rasters as files, as a city would have them."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely import set_precision, unary_union
from shapely.geometry import Point, Polygon, mapping
from shapely.geometry.base import BaseGeometry

from core.files import writable_folder, write_text, written_beside
from skyshade.demo.footways import footways
from skyshade.demo.paint import FloatGrid
from skyshade.demo.people import Spot, candidates, demand, existing
from skyshade.demo.scene import Scene
from skyshade.demo.town import HOME_M, Surface, block, city, middle_line

SURVEY_M = (
    (60, 92),
    (150, 90),
    (232, 90),
    (300, 96),
    (298, 176),
    (262, 188),
    (296, 262),
    (180, 260),
    (60, 256),
)
MADE = "made for the demo, not for flying"
CONTROL_ZONE = "서울공항 관제권(모의)"
PERMITS = f"""# {MADE}
[[permit]]
zone = "{CONTROL_ZONE}"
from = "2026-08-01T00:00:00+09:00"
until = "2026-08-31T23:59:59+09:00"
hours = "09:00-18:00"
timezone = "Asia/Seoul"
ceiling_m = 120.0
ceiling_datum = "ground"
number = "모의 2026-0808"
"""


@dataclass(frozen=True, slots=True)
class SceneLayers:
    """Where each layer was written."""

    folder: Path
    survey_area: Path
    airspace: Path
    permits: Path
    buildings: Path
    water: Path
    surface: Path
    paths: Path
    demand: Path
    candidates: Path
    existing: Path
    references: Path
    places: Path
    truth: Path
    dsm: Path
    ground: Path


def write_layers(scene: Scene, folder: Path) -> SceneLayers:
    """Write every layer of `scene` into `folder`; raises `OutputError` when it cannot be written."""
    folder = writable_folder(folder)
    rng = np.random.default_rng(scene.seed + 1)
    town = scene.town
    write = _Writer(scene, folder)
    sea_m = np.float32(scene.home_elevation_m)
    area = {"name": "탄천 정자 조사구역"}
    return SceneLayers(
        folder=folder,
        survey_area=write.geojson("survey_area", [(Polygon(SURVEY_M), area)]),
        airspace=write.geojson("airspace", airspace()),
        permits=write.permits(),
        buildings=write.geopackage("buildings", _buildings(scene)),
        water=write.geopackage("water", [(_covered(scene)[Surface.WATER], {"name": "탄천"})]),
        surface=write.geopackage("surface", _surface_rows(scene)),
        paths=write.geojson("paths", _path_rows()),
        demand=write.geojson("demand", _points(demand(town, rng))),
        candidates=write.geojson("candidates", _points(candidates(rng))),
        existing=write.geojson("existing", _points(existing(town))),
        references=write.references(),
        places=write.geojson("places", _points(places(scene))),
        truth=write.raster("truth", scene.temperature_C, "true surface temperature, degrees Celsius"),
        dsm=write.raster(
            "dsm", scene.height_m + sea_m, "surface with roofs and crowns, metres above sea level"
        ),
        ground=write.raster("ground", scene.ground_m + sea_m, "bare ground, metres above sea level"),
    )


Row = tuple[BaseGeometry, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes rows of scene metres as files in the scene's folder."""

    scene: Scene
    folder: Path

    def geojson(self, name: str, rows: Sequence[Row]) -> Path:
        """WGS84 GeoJSON; missing values stay null."""
        path = self.folder / f"{name}.geojson"
        places = self._frame(rows).to_crs("EPSG:4326").geometry
        features = [
            {"type": "Feature", "properties": values, "geometry": mapping(_rounded(place))}
            for place, (_, values) in zip(places, rows, strict=True)
        ]
        collection = {"type": "FeatureCollection", "name": name, "features": features}
        write_text(path, json.dumps(collection, ensure_ascii=False, indent=1) + "\n")
        return path

    def permits(self) -> Path:
        """The approval that every flight of the made day needs."""
        path = self.folder / "permits.toml"
        write_text(path, PERMITS)
        return path

    def geopackage(self, name: str, rows: Sequence[Row]) -> Path:
        """A GeoPackage in the scene's system, one layer of the same name."""
        path = self.folder / f"{name}.gpkg"
        with written_beside(path) as beside:
            beside.unlink()
            self._frame(rows).to_file(beside, driver="GPKG", layer=name, engine="pyogrio")
        return path

    def _frame(self, rows: Sequence[Row]) -> Any:
        import geopandas as gpd

        moved = gpd.GeoSeries([place for place, _ in rows]).translate(self.scene.west_m, self.scene.south_m)
        return gpd.GeoDataFrame([values for _, values in rows], geometry=moved.to_numpy(), crs=self.scene.crs)

    def raster(self, name: str, grid: FloatGrid, description: str) -> Path:
        """A tiled float32 GeoTIFF."""
        import rasterio
        from rasterio.transform import from_origin

        scene = self.scene
        path = self.folder / f"{name}.tif"
        rows, columns = grid.shape
        corner = from_origin(scene.west_m, scene.north_m, scene.cell_m, scene.cell_m)
        profile = {
            "driver": "GTiff", "height": rows, "width": columns, "count": 1, "dtype": "float32",
            "crs": scene.crs, "transform": corner,
            "tiled": True, "blockxsize": 512, "blockysize": 512, "compress": "deflate", "zlevel": 1,
            "predictor": 3, "num_threads": 2, "nodata": float("nan"),
        }  # fmt: skip
        with written_beside(path) as beside, rasterio.open(beside, "w", **profile) as out:
            out.write(grid, 1)
            out.set_band_description(1, description)
            out.update_tags(source=MADE, home_elevation_m=f"{scene.home_elevation_m:g}")
        return path

    def references(self) -> Path:
        """The reference patches with their true mean to a tenth of a degree, as a probe would give it."""
        path = self.folder / "references.csv"
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(("name", "lon", "lat", "radius_m", "temperature_C"))
        patches = self.scene.town.references
        places = self._frame([(Point(p.x_m, p.y_m), {}) for p in patches]).to_crs("EPSG:4326").geometry
        for patch, place in zip(patches, places, strict=True):
            radius_m = patch.size_radius_m - 0.6
            mean_C = _mean_within(self.scene, patch.x_m, patch.y_m, radius_m)
            writer.writerow(
                (patch.name, f"{place.x:.8f}", f"{place.y:.8f}", f"{radius_m:g}", f"{mean_C:.1f}")
            )
        write_text(path, text.getvalue(), encoding="utf-8-sig")
        return path


def _rounded(place: BaseGeometry) -> BaseGeometry:
    from shapely import transform

    def nine_digits(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.round(xy, 9)

    return transform(place, nine_digits)


def _points(spots: Sequence[Spot]) -> list[Row]:
    return [(Point(s.x_m, s.y_m), s.values) for s in spots]


def _mean_within(scene: Scene, x_m: float, y_m: float, radius_m: float) -> float:
    """Mean true temperature of the cells within `radius_m` of a place."""
    rows, columns = scene.shape
    x = (np.arange(columns) + 0.5) * scene.cell_m - x_m
    y = (rows - np.arange(rows) - 0.5) * scene.cell_m - y_m
    inside = y[:, None] ** 2 + x[None, :] ** 2 <= radius_m**2
    return float(scene.temperature_C[inside].mean())


def _buildings(scene: Scene) -> list[Row]:
    return [
        (b.footprint, {"id": b.id, "name": b.name, "height_m": b.height_m, "roof": b.roof.name.lower()})
        for b in scene.town.buildings
    ]


def _covered(scene: Scene) -> dict[Surface, BaseGeometry]:
    """What is visible of each cover from above: later covers lie over earlier ones, buildings over all."""
    hidden: BaseGeometry = unary_union([b.footprint for b in scene.town.buildings])
    seen: dict[Surface, list[BaseGeometry]] = {}
    for kind, area in reversed(scene.town.covers):
        seen.setdefault(kind, []).append(area.difference(hidden))
        hidden = hidden.union(area)
    return {kind: set_precision(unary_union(parts), 0.001) for kind, parts in seen.items()}


def _surface_rows(scene: Scene) -> list[Row]:
    from shapely.geometry import box

    west, south = 0.0, 0.0
    frame = box(west, south, scene.shape[1] * scene.cell_m, scene.shape[0] * scene.cell_m)
    return [
        (part, {"class": kind.name.lower()})
        for kind, area in _covered(scene).items()
        for part in getattr(area.intersection(frame), "geoms", [area.intersection(frame)])
        if isinstance(part, Polygon) and part.area > 0.05
    ]


def _path_rows() -> list[Row]:
    return [(f.line, {"id": n, "name": f.name, "kind": f.kind}) for n, f in enumerate(footways(), start=1)]


def airspace() -> list[Row]:
    """Zones: a school between the depot and the picnic place, a ceiling and a control zone over all."""
    school = block(-112, -162, -20, -112)
    everywhere = middle_line().buffer(600.0)
    return [
        (school, _zone("탄천초등학교 상공", "no_fly", 0.0, "ground", 120.0, "ground")),
        (everywhere, _zone("고도 제한 150 m", "ceiling", None, None, 150.0, "ground")),
        (everywhere, _zone(CONTROL_ZONE, "control", 0.0, "geoid", 900.0, "geoid")),
        (
            block(-900, 300, -300, 700),
            {
                **_zone("비행금지구역(모의, 만료)", "prohibited", 0.0, "ground", None, None),
                "until": "2022-05-10T00:00:00+09:00",
            },
        ),
    ]


def _zone(
    name: str,
    kind: str,
    floor_m: float | None,
    floor_datum: str | None,
    ceiling_m: float | None,
    ceiling_datum: str | None,
) -> dict[str, Any]:
    return {
        "name": name,
        "kind": kind,
        "floor_m": floor_m,
        "floor_datum": floor_datum,
        "ceiling_m": ceiling_m,
        "ceiling_datum": ceiling_datum,
        "from": "2020-01-01T00:00:00+09:00",
        "until": None,
        "source": MADE,
    }


def places(scene: Scene) -> list[Spot]:
    """The depot and the delivery points."""
    rows = [
        ("depot", "드론 배송센터", "depot", *HOME_M),
        ("picnic-1", "탄천 피크닉장 1", "point", 45.0, 52.0),
        ("picnic-2", "둔치 잔디마당", "point", 30.0, 235.0),
        ("picnic-3", "물놀이장 옆 쉼터", "point", *city(-49.0, 62.0)),
    ]
    return [_place(scene, *row) for row in rows]


def _place(scene: Scene, name: str, title: str, kind: str, x_m: float, y_m: float) -> Spot:
    row, column = int(scene.shape[0] - y_m / scene.cell_m), int(x_m / scene.cell_m)
    ground_m = scene.home_elevation_m + float(scene.ground_m[row, column])
    return Spot(
        x_m,
        y_m,
        {
            "id": name,
            "name": title,
            "kind": kind,
            "elevation_m": round(ground_m, 1),
            "release_height_m": None if kind == "depot" else 3.0,
            "hours": None if kind == "depot" else "11:00-17:00",
        },
    )
