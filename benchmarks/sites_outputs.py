"""Sizes of what a choice of sites is written to, and requests of its page.

Run: python benchmarks/sites_outputs.py

Made input over a city: a heat map of 5 km at 1.25 m, people, candidates with widths, all from one seed. The
page is opened in headless Chromium (the one in the path) at 1200 and 420 pixels; every request is counted.
"""

import shutil
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
from rasterio.transform import from_origin

from gis.siting.choose import SitingInputs, SitingParams, choose_sites
from gis.siting.confidence import ConfidenceParams
from gis.siting.report import Outputs, write_outputs

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))
from devtools import Browser  # noqa: E402  # a part of the tests

CRS, LEFT, TOP, SIDE_M, PIXELS = "EPSG:5186", 209_000.0, 533_000.0, 5_000.0, 4_000
SIZES = ((600, 40, 5), (50_000, 2_000, 100))


def made_heat(path: Path) -> Path:
    rng = np.random.default_rng(1)
    row, column = np.mgrid[0:PIXELS, 0:PIXELS] / PIXELS
    celsius = 38 + 5 * np.sin(9 * row) * np.cos(7 * column) + rng.normal(0, 0.7, (PIXELS, PIXELS))
    place = from_origin(LEFT, TOP, SIDE_M / PIXELS, SIDE_M / PIXELS)
    shape = {"driver": "GTiff", "count": 1, "dtype": "float32", "height": PIXELS, "width": PIXELS}
    with rasterio.open(path, "w", crs=CRS, transform=place, nodata=np.nan, **shape) as out:
        out.write(celsius.astype(np.float32), 1)
    return path


def made_points(path: Path, count: int, seed: int, **columns: object) -> Path:
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(200, SIDE_M - 200, (2, count))
    frame = gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(LEFT + x, TOP - y), crs=CRS)
    frame.to_file(path)
    return path


def written(folder: Path, people: int, candidates: int, count: int) -> tuple[Outputs, float]:
    rng = np.random.default_rng(people)
    names = [f"정류장 {n}" for n in range(candidates)]
    widths = {"보도폭": rng.uniform(2, 7, candidates), "도로폭": rng.uniform(3, 20, candidates)}
    inputs = SitingInputs(
        heat=folder / "heat.tif",
        demand=made_points(folder / f"d{people}.gpkg", people, 2, 인원=rng.integers(1, 100, people)),
        candidates=made_points(folder / f"c{people}.gpkg", candidates, 3, 이름=names, **widths),
    )
    few = ConfidenceParams(draws=50, units=False)
    params = SitingParams(count=count, radius_m=300, seconds=10, language="ko", confidence=few)
    result = choose_sites(inputs, params)
    began = time.process_time()
    return write_outputs(result, folder / f"결과 {people}"), time.process_time() - began


def requests_of(page: Path) -> str:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        return "no Chromium"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(Path(chromium), Path(profile))
        asked = []
        for size in ((1200, 800), (420, 860)):
            shown = browser.page(page.as_uri(), size)
            shown.click(".sky-list button" if size[0] > 800 else "#sky-toggle")
            asked += [a for a in shown.requests if a != page.as_uri() and not a.startswith("data:")]
        browser.close()
    return str(len(asked))


def main() -> None:
    print("| demand x sites, chosen | CPU s of files | page MB | report MB | GeoPackage MB | requests |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        made_heat(folder / "heat.tif")
        for people, candidates, count in SIZES:
            out, seconds = written(folder, people, candidates, count)
            sizes = [f"{path.stat().st_size / 1e6:.2f}" for path in (out.map, out.report, out.gpkg)]
            print(
                f"| {people:,} x {candidates:,}, {count} | {seconds:.1f} | {' | '.join(sizes)} "
                f"| {requests_of(out.map)} |",
                flush=True,
            )
            for note in out.notes:
                print(f"\n{note}\n")


if __name__ == "__main__":
    main()
