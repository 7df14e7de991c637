import numpy as np
import pytest
from pyproj import Transformer

from core.errors import BadFileError
from core.geo import LonLat
from gis.geoid import GeoidGrid, NoGeoidGridError, find_grid, read_grid


def test_between_its_points_the_grid_is_bilinear():
    grid = GeoidGrid(np.array([[1.0, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]]), -180.0, 90.0, 90.0, "made")
    assert grid.undulation_m(LonLat(-180, 90)) == pytest.approx(1.0)
    assert grid.undulation_m(LonLat(-135, 45)) == pytest.approx(3.5)
    assert grid.undulation_m(LonLat(135, 0)) == pytest.approx(6.5)  # across the date line


def test_egm96_agrees_with_proj():
    try:
        path = find_grid()
    except NoGeoidGridError as error:
        pytest.skip(str(error))
    grid = read_grid(path)
    proj = Transformer.from_pipeline(f"+proj=vgridshift +grids={path} +multiplier=1")
    for lon, lat in [(127.11, 37.37), (7.1, 47.3), (-179.99, -12.0), (4.4, 50.8)]:
        theirs = proj.transform(lon, lat, 0.0, radians=False)[2]
        assert grid.undulation_m(LonLat(lon, lat)) == pytest.approx(theirs, abs=0.02)


def test_a_file_that_is_no_grid_is_named(tmp_path):
    bad = tmp_path / "격자.gtx"
    bad.write_bytes(b"nothing")
    with pytest.raises(BadFileError, match="격자"):
        read_grid(bad)


def test_a_missing_grid_is_refused_with_the_way_out(monkeypatch, tmp_path):
    monkeypatch.setenv("SKYSHADE_GEOID", "")
    monkeypatch.setattr("gis.geoid._proj_folders", lambda: [tmp_path])
    with pytest.raises(NoGeoidGridError, match="proj-data"):
        find_grid()
