"""Zonal mean and 90th percentile beside exactextract and rasterstats, in one run.

A made heat map of 5,000 x 5,000 pixels and 250 polygons; the peers run in .venv-bench.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
from rasterio.transform import from_origin
from shapely.geometry import Point

from gis.heat import read_heat
from gis.siting.zonal import zonal_stats

ROOT = Path(__file__).resolve().parents[1]
PEERS = ROOT / ".venv-bench" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
SIZE, COUNT = 5000, 250
PEER = """
import sys, time
name, raster, layer, out = sys.argv[1:]
import geopandas as gpd, numpy as np
areas = gpd.read_file(layer)
if name == "exactextract":
    from exactextract import exact_extract
    start = time.perf_counter()
    found = exact_extract(raster, areas, ["mean", "quantile(q=0.9)"], output="pandas")
    values = found.iloc[:, 0].to_numpy()
else:
    from rasterstats import zonal_stats
    start = time.perf_counter()
    values = np.array([r["mean"] for r in zonal_stats(areas, raster, stats=["mean", "percentile_90"])])
print(time.perf_counter() - start)
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
        zonal_stats(read_heat(raster), areas.iloc[:1])  # compiles
        start = time.perf_counter()  # reading the raster counts, as it does for the peers
        ours = zonal_stats(read_heat(raster), areas)
        seconds = time.perf_counter() - start
        print("| | s | ratio to ours | largest difference of means, K |\n|---|---|---|---|")
        print(f"| skyshade (exact shares) | {seconds:.2f} | 1 | |")
        for name in ("exactextract", "rasterstats"):
            taken, means = peer(name, raster, layer, folder)
            off = np.nanmax(np.abs(means - ours.mean))
            print(f"| {name} | {taken:.2f} | {taken / seconds:.1f} | {off:.4f} |")
    return 0


def made(folder: Path) -> tuple[Path, Path]:
    rng = np.random.default_rng(1)
    values = (35 + 8 * rng.standard_normal((SIZE // 50, SIZE // 50))).repeat(50, 0).repeat(50, 1)
    values = (values + rng.standard_normal(values.shape)).astype(np.float32)
    raster, layer = folder / "heat.tif", folder / "areas.gpkg"
    profile = {
        "driver": "GTiff", "height": SIZE, "width": SIZE, "count": 1, "dtype": "float32",
        "crs": "EPSG:5186", "transform": from_origin(200_000, 530_000, 1.0, 1.0), "nodata": np.nan,
        "tiled": True,
    }  # fmt: skip
    with rasterio.open(raster, "w", **profile) as out:
        out.write(values, 1)
    x, y, r = (rng.uniform(a, b, COUNT) for a, b in ((200_300, 204_700), (525_300, 529_700), (80, 280)))
    circles = [Point(*p).buffer(q, quad_segs=12) for *p, q in zip(x, y, r, strict=True)]
    gpd.GeoDataFrame(geometry=circles, crs="EPSG:5186").to_file(layer)
    return raster, layer


def peer(name: str, raster: Path, layer: Path, folder: Path) -> tuple[float, np.ndarray]:
    out = folder / f"{name}.npy"
    command = [PEERS, "-c", PEER, name, raster, layer, out]
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1]), np.load(out)


if __name__ == "__main__":
    sys.exit(main())
