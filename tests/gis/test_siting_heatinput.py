import numpy as np
import pytest
import rasterio

from core.errors import BadFileError
from gis.heat import heat_frame, read_heat
from gis.siting.choose import SitingInputs, SitingParams
from gis.siting.heatinput import flight_notes, read_heat_for

LEFT, TOP = 209_800.0, 530_400.0


@pytest.fixture
def ramp(tmp_path, heat_file):
    row, column = np.mgrid[0:60, 0:80]
    return heat_file(tmp_path / "더위.tif", 20.0 + row * 0.1 + column * 0.01, sigma=np.full((60, 80), 0.5))


def test_a_window_of_a_map_holds_the_same_pixels_at_the_same_places(ramp):
    whole = read_heat(ramp)
    part = read_heat(ramp, (LEFT + 10.5, TOP - 30.2, LEFT + 40.0, TOP - 5.9))
    assert (part.left_m, part.top_m, part.celsius.shape) == (LEFT + 10, TOP - 5, (26, 30))
    assert np.array_equal(part.celsius, whole.celsius[5:31, 10:40])
    assert np.array_equal(part.sigma_K, whole.sigma_K[5:31, 10:40])


def test_a_window_beyond_the_map_is_cut_and_one_off_it_is_refused(ramp):
    assert read_heat(ramp, (0.0, 0.0, LEFT + 7.0, 1e9)).celsius.shape == (60, 7)
    with pytest.raises(BadFileError, match="does not reach the places"):
        read_heat(ramp, (0.0, 0.0, 9.0, 9.0))
    assert heat_frame(ramp).bounds == (LEFT, TOP - 60, LEFT + 80, TOP)


def test_of_a_large_map_only_what_lies_round_the_layers_is_read(town):
    inputs = SitingInputs(town / "heat.tif", town / "후보지.geojson", town / "후보지.geojson")
    whole = read_heat_for(inputs, SitingParams())
    part = read_heat_for(inputs, SitingParams(), whole=1000)
    assert whole.celsius.shape == (400, 400)
    assert part.celsius.shape == (300, 300)
    assert part.celsius[50, 50] == whole.celsius[100, 100]
    assert part.notes[-1] == "of the heat map the 56% round the places is read"


def test_the_hour_of_the_flight_is_said_in_korean_time():
    tags = {"TIME_START": "2026-08-01T04:10:00Z", "TIME_END": "2026-08-01T04:52:00Z"}
    assert flight_notes(tags, korean=True) == (
        "heat as it was on 2026-08-01 from 13:10 to 13:52 (Korean time): other hours rank otherwise",
    )
    dawn = flight_notes({"TIME_START": "2026-07-31T21:00:00Z"}, korean=True)
    assert dawn[0].endswith("and the ranks may not hold then")
    assert "does not say when" in flight_notes({"TIME_START": "unknown"}, korean=True)[0]


def test_the_hour_is_read_from_the_file(ramp, tmp_path):
    with rasterio.open(ramp, "r+") as held:
        held.update_tags(TIME_START="2026-08-01T05:00:00Z", TIME_END="2026-08-01T05:30:00Z")
    inputs = SitingInputs(ramp, ramp, ramp)
    assert "14:00 to 14:30 (Korean time)" in read_heat_for(inputs, SitingParams()).notes[-1]
