import geopandas as gpd
import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin
from shapely.geometry import LineString, Point, box

LEFT, TOP = 209_800.0, 530_400.0  # EPSG:5186, at the Tancheon


def write_heat(path, celsius, *, sigma=None, crs="EPSG:5186", transform=None):
    bands = [celsius] if sigma is None else [celsius, np.full_like(celsius, 3), sigma]
    profile = {
        "driver": "GTiff",
        "height": celsius.shape[0],
        "width": celsius.shape[1],
        "count": len(bands),
        "dtype": "float32",
        "nodata": np.nan,
        "crs": crs,
        "transform": transform or from_origin(LEFT, TOP, 1.0, 1.0),
    }
    with rasterio.open(path, "w", **profile) as out:
        for number, (band, name) in enumerate(zip(bands, ("temperature", "count", "sigma"), strict=False), 1):
            out.write(band.astype(np.float32), number)
            out.set_band_description(number, name)
    return path


@pytest.fixture
def heat_file():
    """A function that writes a heat map at the Tancheon, a metre a pixel: (path, celsius, sigma=..., ...)."""
    return write_heat


@pytest.fixture
def town(tmp_path):
    """A made town of 400 m: a hot place in its north-west, roofs, paths each 100 m, people, candidates."""
    return made_town(tmp_path / "더위 지도 자료")


@pytest.fixture(scope="session")
def standing_town(tmp_path_factory):
    """The same town, made once: for tests that only read it."""
    return made_town(tmp_path_factory.mktemp("town") / "더위 지도 자료")


def made_town(folder):
    folder.mkdir()
    size = 400
    row, column = np.mgrid[0:size, 0:size]
    celsius = 32.0 + 10.0 * np.exp(-((column - 100.0) ** 2 + (row - 100.0) ** 2) / 4000.0)
    roofs = [box(LEFT + x, TOP - y - 30, LEFT + x + 30, TOP - y) for x in (135, 235) for y in (135, 235)]
    for roof in roofs:
        x, y = int(roof.bounds[0] - LEFT), int(TOP - roof.bounds[3])
        celsius[y : y + 30, x : x + 30] = 70.0
    write_heat(folder / "heat.tif", celsius, sigma=np.full((size, size), 0.5))
    frame = gpd.GeoDataFrame
    frame({"동": range(4)}, geometry=roofs, crs="EPSG:5186").to_file(folder / "건물.gpkg")
    streets = [LineString([(LEFT + k, TOP - y) for k in range(0, 401, 20)]) for y in (0, 100, 200, 300)]
    streets += [LineString([(LEFT + x, TOP - k) for k in range(0, 401, 20)]) for x in (0, 100, 200, 300)]
    frame(geometry=streets, crs="EPSG:5186").to_file(folder / "보행로.geojson")
    rng = np.random.default_rng(2)
    spots = [Point(LEFT + x, TOP - y) for x, y in rng.uniform(20, 380, (60, 2))]
    people = frame({"인구": rng.integers(10, 90, 60)}, geometry=spots, crs="EPSG:5186").to_crs("EPSG:4326")
    rows = [f"{r.인구} ,{r.geometry.y:.7f},{r.geometry.x:.7f}" for r in people.itertuples()]
    (folder / "수요.csv").write_bytes("\n".join(["인구,위도,경도", *rows]).encode("cp949"))
    corners = [Point(LEFT + x, TOP - y) for x in (100, 200, 300) for y in (100, 200, 300)]
    table = {
        "명칭": [f"교차로 <{k}>" for k in range(9)],
        "보도폭": [4.0, 4.0, 2.0, 4.0, None, 4.0, 4.0, 4.0, 4.0],
        "도로폭": 8.0,
    }
    frame(table, geometry=corners, crs="EPSG:5186").to_file(folder / "후보지.geojson")
    frame({"명칭": ["기존 그늘막"]}, geometry=[Point(LEFT + 300, TOP - 305)], crs="EPSG:5186").to_file(
        folder / "기존.gpkg"
    )
    return folder
