"""Real flights become maps that lie where the ground is, with true temperatures."""

import json

import numpy as np
import pytest
import rasterio
from PIL import Image
from pyproj import Transformer

from thermal.mapmaker import make_map

pytestmark = pytest.mark.shared_data


def opened(path):
    with rasterio.open(path) as source:
        return source.read(), source.crs, source.bounds, source.transform


def gps_mean(folder):
    """Mean (longitude, latitude) of a folder's frames, read by Pillow."""

    def degrees(parts):
        return float(parts[0]) + float(parts[1]) / 60 + float(parts[2]) / 3600

    tags = [Image.open(path).getexif().get_ifd(0x8825) for path in folder.glob("*.JPG")]
    return np.mean([(degrees(t[4]), degrees(t[2])) for t in tags], axis=0)


def test_the_m3t_flight_in_belgium_lies_where_its_rtk_says(shared_data, tmp_path):
    result = make_map(shared_data / "thermal" / "m3t_rtk_seq", tmp_path / "벨기에.tif")
    bands, crs, bounds, _ = opened(result.path)
    assert result.frames_used == 14
    assert crs.to_epsg() == 32631
    lon, lat = Transformer.from_crs(crs, 4326, always_xy=True).transform(
        (bounds.left + bounds.right) / 2, (bounds.bottom + bounds.top) / 2
    )
    assert (lon, lat) == pytest.approx(gps_mean(shared_data / "thermal" / "m3t_rtk_seq"), abs=2e-4)
    celsius = bands[0][np.isfinite(bands[0])]
    assert 25 < np.percentile(celsius, 5) < np.percentile(celsius, 95) < 60
    assert result.reprojection_rmse_px < 1.0
    assert result.drift_rms_after_K < 0.15 * result.drift_rms_before_K
    assert not result.absolute  # no reference: the level is the camera's


def test_the_xt_flight_in_switzerland_meets_surveyed_points_on_its_map(shared_data, tmp_path):
    """The hot plate of the field and the surveyed points lie within the metres that plain GPS leaves."""
    folder = shared_data / "thermal" / "flir_xt_field"
    result = make_map(folder, tmp_path / "map.tif")
    bands, crs, bounds, transform = opened(result.path)
    truth = json.loads((folder / "reference.json").read_text(encoding="utf-8"))
    to_map = Transformer.from_crs(truth["crs"], crs, always_xy=True)
    for east, north, _ in truth["gcps"].values():
        x, y = to_map.transform(east, north)
        assert bounds.left < x < bounds.right
        assert bounds.bottom < y < bounds.top
        col, row = ~transform @ (x, y)
        assert np.isfinite(bands[0][int(row), int(col)])
    assert result.reprojection_rmse_px < 1.2
    assert result.drift_rms_after_K < 0.15 * result.drift_rms_before_K
    centres = np.array([p["center"][:2] for p in truth["poses"].values()]).mean(axis=0)
    middle = np.array([(bounds.left + bounds.right) / 2, (bounds.bottom + bounds.top) / 2])
    assert np.hypot(*(np.array(to_map.transform(*centres)) - middle)) < 8.0
