import cv2
import geopandas as gpd
import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin
from shapely.geometry import box

from core.errors import BadFileError
from skyshade.demo.picture import Track, difference_picture, heat_picture, korean_font, scene_picture
from skyshade.demo.truth import CompareParams, compare_map

CELL = 0.25


@pytest.fixture(scope="module")
def sheets(scene, tmp_path_factory):
    """The southern middle of the scene as truth, DSM and ground."""
    folder = tmp_path_factory.mktemp("진실")
    cut = np.s_[500:900, 600:1100]
    grids = {"truth": scene.temperature_C, "dsm": scene.height_m, "ground": scene.ground_m}
    for name, grid in grids.items():
        write(folder / f"{name}.tif", grid[cut])
    return folder, scene.temperature_C[cut]


def write(path, values, east_m=0.0, north_m=0.0):
    corner = from_origin(200_000 + east_m, 500_000 + north_m, CELL, CELL)
    rows, columns = values.shape
    profile = {"driver": "GTiff", "height": rows, "width": columns, "count": 1, "dtype": "float32"}
    with rasterio.open(path, "w", crs="EPSG:5186", transform=corner, nodata=np.nan, **profile) as out:
        out.write(values.astype(np.float32), 1)
    return path


def compared(sheets, path, **params):
    folder, _ = sheets
    return compare_map(
        path,
        folder / "truth.tif",
        folder / "dsm.tif",
        ground_tif=folder / "ground.tif",
        params=CompareParams(**params),
    )


def test_the_truth_itself_has_no_error(sheets):
    error = compared(sheets, sheets[0] / "truth.tif")
    assert error.rmse_K == error.rmse_all_K == error.bias_K == 0.0
    assert error.position_rmse_m < 0.01
    assert error.covered == 1.0


@pytest.mark.parametrize(("east_m", "north_m"), [(0.4, -0.3), (-1.1, 0.6), (0.0, 2.0)])
def test_a_moved_map_is_found_where_it_went(sheets, tmp_path, east_m, north_m):
    path = write(tmp_path / "m.tif", sheets[1], east_m, north_m)
    error = compared(sheets, path)
    assert error.shift_east_m == pytest.approx(east_m, abs=0.02)
    assert error.shift_north_m == pytest.approx(north_m, abs=0.02)
    assert error.position_rmse_m == pytest.approx(np.hypot(east_m, north_m), abs=0.03)
    assert error.matched > 0.9


def test_noise_and_offset_come_out_as_they_went_in(sheets, tmp_path):
    noise = np.random.default_rng(1).normal(0.5, 0.3, sheets[1].shape)
    error = compared(sheets, write(tmp_path / "m.tif", sheets[1] + noise))
    assert error.bias_K == pytest.approx(0.5, abs=0.01)
    assert error.rmse_K == pytest.approx(np.hypot(0.5, 0.3), abs=0.01)
    assert error.rmse_ground_K == pytest.approx(error.rmse_K, abs=0.02)
    assert error.position_rmse_m < 0.1


def test_half_a_map_says_that_it_is_half(sheets, tmp_path):
    holed = sheets[1].copy()
    holed[:, 250:] = np.nan
    error = compared(sheets, write(tmp_path / "m.tif", holed))
    assert error.covered == pytest.approx(0.5)
    assert error.rmse_K == 0.0


def test_an_area_that_reaches_beyond_the_map_is_not_covered(sheets, tmp_path):
    folder, truth = sheets
    outline = box(200_000 - 125, 500_000 - 100, 200_000 + 125, 500_000)  # as much west of the map as on it
    area = tmp_path / "area.gpkg"
    gpd.GeoDataFrame(geometry=[outline], crs="EPSG:5186").to_file(area)
    error = compare_map(folder / "truth.tif", folder / "truth.tif", folder / "dsm.tif", area)
    assert error.covered == pytest.approx(0.5, abs=0.01)
    assert error.n < truth.size


def test_a_part_that_slipped_counts(sheets, tmp_path):
    slipped = sheets[1].copy()
    slipped[:, 250:] = np.roll(slipped[:, 250:], 4, axis=0)
    error = compared(sheets, write(tmp_path / "m.tif", slipped))
    assert 0.4 < error.position_rmse_m < 0.9  # one metre in half of the map


def test_only_height_steps_are_left_out_of_the_headline(sheets, tmp_path):
    folder, truth = sheets
    with rasterio.open(folder / "dsm.tif") as dsm:
        z = dsm.read(1)
    around = np.ones((3, 3), np.uint8)
    at_step = cv2.dilate(z, around) - cv2.erode(z, around) > 1.0
    spoiled = np.where(at_step, truth + 10.0, truth)
    error = compared(sheets, write(tmp_path / "m.tif", spoiled))
    assert error.rmse_K == 0.0
    assert error.rmse_all_K == pytest.approx(10.0 * np.sqrt(at_step.mean()), rel=1e-3)


def test_a_map_elsewhere_is_refused_by_name(sheets, tmp_path):
    path = write(tmp_path / "멀리.tif", sheets[1], east_m=5000.0)
    with pytest.raises(BadFileError, match="holds no value inside the area"):
        compared(sheets, path)


def test_a_file_that_is_no_raster_is_refused_by_name(sheets, tmp_path):
    path = tmp_path / "broken.tif"
    path.write_bytes(b"not a raster")
    with pytest.raises(BadFileError, match="broken"):
        compared(sheets, path)


def test_pictures_are_drawn_with_korean_names(scene, sheets, tmp_path, place_at):
    folder, _ = sheets
    made = [
        heat_picture(folder / "truth.tif", tmp_path / "열 지도.png", title="열 지도"),
        difference_picture(folder / "truth.tif", folder / "truth.tif", tmp_path / "차이.png"),
        scene_picture(
            scene,
            tmp_path / "비행.png",
            tracks=[Track("비행", [place_at(100, 100), place_at(200, 200)])],
            outline=[place_at(50, 50), place_at(300, 50), place_at(300, 250)],
        ),
    ]
    for path in made:
        picture = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
        assert min(picture.shape[:2]) > 500
        assert picture.std() > 20
    assert korean_font() is None or isinstance(korean_font(), str)
