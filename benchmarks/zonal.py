"""Zonal mean and 90th percentile beside exactextract and rasterstats, in one run.

A made heat map of 10,000 x 10,000 pixels and 1,000 polygons (radius 80-280 m, 116 million pixels); the peers
run in .venv-bench. From disk exactextract gives percentiles in float32 (steps of 4e-6 K); in memory it gets
the map as float64. `python benchmarks/zonal.py SIZE COUNT` makes a smaller one.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import rasterio
from rasterio.transform import from_origin
from shapely.geometry import Point

from gis.heat import read_heat
from gis.siting.zonal import ZonalStats, zonal_stats

ROOT = Path(__file__).resolve().parents[1]
PEERS = ROOT / ".venv-bench" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
SIZE, COUNT = (int(word) for word in (sys.argv[1:3] if len(sys.argv) > 2 else ("10000", "1000")))
PEER = """
import sys, time
name, raster, layer, out = sys.argv[1:]
import geopandas as gpd, numpy as np
areas = gpd.read_file(layer)
if name.startswith("exactextract"):
    from exactextract import exact_extract
    from exactextract.raster import NumPyRasterSource, RasterioRasterSource
    import rasterio
    source = rasterio.open(raster)
    if name.endswith("memory"):
        b = source.bounds
        source = NumPyRasterSource(source.read(1).astype(float), b.left, b.bottom, b.right, b.top)
    began, used = time.perf_counter(), time.process_time()
    found = exact_extract(source, areas, ["mean", "quantile(q=0.9)"], output="pandas")
    values = found.to_numpy(float)[:, -2:]
else:
    from rasterstats import zonal_stats
    source, more = raster, {}
    if name.endswith("memory"):
        import rasterio
        with rasterio.open(raster) as opened:
            source, more = opened.read(1), {"affine": opened.transform, "nodata": -9999.0}
    began, used = time.perf_counter(), time.process_time()
    rows = zonal_stats(areas, source, stats=["mean", "percentile_90"], **more)
    values = np.array([[r["mean"], r["percentile_90"]] for r in rows])
print(time.perf_counter() - began, time.process_time() - used)
np.save(out, values)
"""


def main() -> int:
    if not PEERS.exists():
        print("the peers are missing: make .venv-bench/.installed")
        return 1
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        raster, layer = made(folder)
        areas = gpd.read_file(layer).geometry
        heat = read_heat(raster)
        cold = timed(partial(zonal_stats, heat, areas.iloc[:1]))[1]
        print(f"{SIZE} x {SIZE} pixels, {COUNT} polygons; first call (compiled or cached): {cold:.2f} s\n")
        print("| raster | | s | CPU s | ratio to ours | largest difference of means, K | of p90, K |")
        print("|---|---|---|---|---|---|---|")
        memory = min((timed(partial(zonal_stats, heat, areas)) for _ in range(3)), key=lambda run: run[1])
        compare("memory", memory, raster, layer, folder)
        del heat
        compare("disk", timed(lambda: zonal_stats(read_heat(raster), areas)), raster, layer, folder)
    return 0


def timed(work: Callable[[], ZonalStats]) -> tuple[ZonalStats, float, float]:
    began, used = time.perf_counter(), time.process_time()
    found = work()
    return found, time.perf_counter() - began, time.process_time() - used


def compare(
    where: str, ours: tuple[ZonalStats, float, float], raster: Path, layer: Path, folder: Path
) -> None:
    stats, seconds, cpu = ours
    mine = np.column_stack([stats.mean, stats.percentiles[:, 0]])
    print(f"| {where} | skyshade (exact shares) | {seconds:.2f} | {cpu:.2f} | 1 | | |", flush=True)
    for name in ("exactextract", "rasterstats"):
        wall, used, theirs = peer(f"{name} {where}", raster, layer, folder)
        off = np.nanmax(np.abs(theirs - mine), axis=0)
        ratio = wall / seconds
        print(
            f"| | {name} | {wall:.2f} | {used:.2f} | {ratio:.1f} | {off[0]:.1e} | {off[1]:.1e} |", flush=True
        )


def made(folder: Path) -> tuple[Path, Path]:
    rng = np.random.default_rng(1)
    values = (35 + 8 * rng.standard_normal((SIZE // 50, SIZE // 50), dtype=np.float32)).repeat(50, 0)
    values = values.repeat(50, 1) + rng.standard_normal((SIZE, SIZE), dtype=np.float32)
    raster, layer = folder / "heat.tif", folder / "areas.gpkg"
    profile = {
        "driver": "GTiff", "height": SIZE, "width": SIZE, "count": 1, "dtype": "float32",
        "crs": "EPSG:5186", "transform": from_origin(200_000, 530_000, 1.0, 1.0), "nodata": np.nan,
        "tiled": True, "bigtiff": "if_safer",
    }  # fmt: skip
    with rasterio.open(raster, "w", **profile) as out:
        out.write(values, 1)
    far = SIZE - 300
    x, y, r = (rng.uniform(a, b, COUNT) for a, b in ((300, far), (300, far), (80, 280)))
    circles = [
        Point(200_000 + a, 530_000 - b).buffer(q, quad_segs=12) for a, b, q in zip(x, y, r, strict=True)
    ]
    gpd.GeoDataFrame(geometry=circles, crs="EPSG:5186").to_file(layer)
    return raster, layer


def peer(name: str, raster: Path, layer: Path, folder: Path) -> tuple[float, float, Any]:
    out = folder / "peer.npy"
    command = [PEERS, "-c", PEER, name, raster, layer, out]
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=True)
    wall, used = (float(word) for word in done.stdout.split()[-2:])
    return wall, used, np.load(out)


if __name__ == "__main__":
    sys.exit(main())
