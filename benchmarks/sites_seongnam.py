"""Sites for one real dong of Seongnam on a made heat map: python benchmarks/sites_seongnam.py [DONG] [OUT].

Real: dong outlines, people of 65 and older, bus stops (those with a shelter stand already). Made: the heat
map (hotter near stops and on a slanting front), and where in the dong those people are. Input:
../shared/data/gis/seongnam or $SKYSHADE_DATA/gis/seongnam.
"""

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import rasterio
from rasterio.features import rasterize
from rasterio.transform import from_origin

from gis.siting.choose import SitingInputs, SitingParams, choose_sites
from gis.siting.codes import label_conflicts
from gis.siting.layers import read_layer, read_table
from gis.siting.report import rank_text, write_outputs

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("SKYSHADE_DATA") or ROOT.parent / "shared" / "data") / "gis" / "seongnam"
CRS, PIXEL_M, POINTS = "EPSG:5186", 1.0, 600
SENIORS = "65세 이상_계"


def outlines(name: str) -> Any:
    official = read_layer(DATA / "BND_ADM_DONG_PG.shp").frame
    other = read_layer(DATA / "dong_boundaries.geojson").frame
    for conflict in label_conflicts(other, "dong_name", official, "ADM_NM"):
        print(
            f"dong_boundaries.geojson calls {conflict.name} what the official layer calls {conflict.other} "
            f"({conflict.share:.0%} of it): the official layer is used"
        )
    found = official[official["ADM_NM"] == name]
    if found.empty:
        sys.exit(f"no dong called {name}; there are {', '.join(official['ADM_NM'])}")
    return found


def made_heat(path: Path, dong: Any, stops: Any) -> None:
    west, south, east, north = dong.total_bounds
    grid = from_origin(west, north, PIXEL_M, PIXEL_M)
    shape = (int((north - south) / PIXEL_M), int((east - west) / PIXEL_M))
    row, column = np.mgrid[0 : shape[0], 0 : shape[1]]
    near = rasterize(stops.buffer(50), out_shape=shape, transform=grid)
    rng = np.random.default_rng(1)
    celsius = 34 + 4 * near + 5 * column / shape[1] + 2 * np.sin(row / 90) + rng.normal(0, 0.4, shape)
    inside = rasterize(dong.geometry, out_shape=shape, transform=grid).astype(bool)
    profile = {"driver": "GTiff", "count": 2, "dtype": "float32", "height": shape[0], "width": shape[1]}
    with rasterio.open(
        path, "w", crs=CRS, transform=grid, nodata=np.nan, compress="deflate", **profile
    ) as out:
        out.write(np.where(inside, celsius, np.nan).astype(np.float32), 1)
        out.write(np.full(shape, 0.8, np.float32), 2)
        out.set_band_description(1, "temperature")
        out.set_band_description(2, "sigma")


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else "정자1동"
    dong = outlines(name)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        out = Path(sys.argv[2]) if len(sys.argv) > 2 else folder / "out"
        stops = read_layer(DATA / "osm_seongnam_bus_stops.json").frame.to_crs(CRS)
        stops = stops[stops.within(dong.union_all())][["osm_id", "name", "shelter", "geometry"]]
        made_heat(folder / "heat.tif", dong, stops)
        stops[stops["shelter"] != "yes"].to_file(folder / "candidates.gpkg")
        sheltered = stops[stops["shelter"] == "yes"]
        if len(sheltered):
            sheltered.to_file(folder / "existing.gpkg")
        people = read_table(DATA / "seongnam_population_households.csv")
        print("population table: " + "; ".join(people.repairs)[:120])
        seniors = float(people.frame.set_index("동").loc[name, SENIORS])
        spots = list(gpd.GeoSeries([dong.union_all()], crs=CRS).sample_points(POINTS, rng=1).explode())
        demand = gpd.GeoDataFrame({SENIORS: [seniors / POINTS] * POINTS}, geometry=spots, crs=CRS)
        demand.to_file(folder / "demand.gpkg")
        dong.to_file(folder / "dong.gpkg")
        inputs = SitingInputs(
            folder / "heat.tif",
            folder / "demand.gpkg",
            folder / "candidates.gpkg",
            existing=folder / "existing.gpkg" if len(sheltered) else None,
            zones=folder / "dong.gpkg",
        )
        began = time.perf_counter()
        result = choose_sites(inputs, SitingParams(count=5, radius_m=300, people=SENIORS, language="ko"))
        chosen_s = time.perf_counter() - began
        outputs = write_outputs(result, out)
        print(f"{name}: {seniors:.0f} people of 65 and over, {len(stops)} stops, {len(sheltered)} sheltered")
        print("| rank (90 %) | stop | person·K | why |\n|---|---|---|---|")
        for site in result.chosen:
            print(f"| {rank_text(site)} | {site.name or site.id} | {site.score:,.0f} | {site.why} |")
        solved = result.solution
        print(f"objective {solved.objective:,.0f}, bound {solved.bound:,.0f}, gap {solved.gap:.3%}")
        print(f"equity {dict(result.equity)}")
        print(f"choose {chosen_s:.1f} s, files {time.perf_counter() - began - chosen_s:.1f} s: {outputs.map}")


if __name__ == "__main__":
    main()
