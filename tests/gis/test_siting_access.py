import geopandas as gpd
import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from rasterio.transform import from_origin
from shapely.geometry import LineString

from gis.siting.access import AccessParams, slope_cost
from gis.siting.model import SitingParams
from gis.siting.service import cover_share
from gis.siting.walk import network_from_lines
from gis.siting.ways import WalkingWays

LEFT, TOP = 209_000.0, 531_000.0


def test_level_ground_costs_its_length_and_slopes_what_tobler_measured():
    def pace(slope):  # hours a kilometre
        return 1.0 / (6.0 * np.exp(-3.5 * abs(slope + 0.05)))

    for slope in (0.08, 0.15, 0.3):
        assert slope_cost(np.array([slope]))[0] == pytest.approx((pace(slope) + pace(-slope)) / 2 / pace(0.0))
    assert slope_cost(np.array([0.0]))[0] == 1.0


@given(st.floats(-3, 3), st.floats(-3, 3))
def test_steeper_never_costs_less_and_nothing_costs_less_than_level(one, other):
    cost = slope_cost(np.array([one, other]))
    assert (cost >= 1.0).all()
    if abs(one) <= abs(other):
        assert cost[0] <= cost[1] + 1e-12


@pytest.fixture
def hill(tmp_path):
    """Ground that rises by a tenth to the east, known only south of the top 200 m."""
    column = np.arange(100) * 10.0 + 5.0
    height = np.tile(column * 0.1, (100, 1)).astype(np.float32)
    height[:20] = np.nan
    path = tmp_path / "표고.tif"
    with rasterio.open(
        path, "w", driver="GTiff", height=100, width=100, count=1, dtype="float32", crs="EPSG:5186",
        transform=from_origin(LEFT, TOP, 10.0, 10.0), nodata=np.nan,
    ) as out:  # fmt: skip
        out.write(height, 1)
    return path


def lines(*ends):
    shapes = [LineString([(LEFT + x, TOP - y) for x, y in line]) for line in ends]
    return gpd.GeoDataFrame(geometry=shapes, crs="EPSG:5186")


def test_a_way_uphill_reaches_less_far_than_one_on_the_level(hill):
    net = network_from_lines(lines([(100, 500), (900, 500)], [(100, 500), (100, 900)]), "EPSG:5186", dem=hill)
    start = np.array([[LEFT + 100, TOP - 500]])
    ends = np.array([[LEFT + 500, TOP - 500], [LEFT + 100, TOP - 900]])
    found = WalkingWays(net, start, ends).within(1000.0)
    assert found.metres == pytest.approx([400 * slope_cost(np.array([0.1]))[0], 400.0], rel=1e-3)
    assert "slopes count by 표고.tif" in found.notes[0]


def test_ground_of_unknown_height_counts_as_level_and_is_said(hill):
    net = network_from_lines(lines([(100, 50), (900, 50)]), "EPSG:5186", dem=hill)
    assert net.cost_m.sum() == pytest.approx(800.0)
    assert net.notes[0].endswith("100% of the network has no height and counts level")


def test_minutes_at_a_speed_are_the_radius_and_the_old_have_a_shorter_one():
    params = SitingParams(radius_m=300, access=AccessParams(speed_ms=1.2, senior_speed_ms=0.9, minutes=5))
    assert params.radius_m == 360.0
    metres = np.array([100.0, 300.0, 400.0])
    assert cover_share(metres, params, np.array([0.25, 0.25, 0.25])).tolist() == [1.0, 0.75, 0.0]
    assert cover_share(metres, params).tolist() == [1.0, 1.0, 0.0]


@pytest.mark.parametrize(
    "wrong", [{"speed_ms": 0.0}, {"senior_speed_ms": 1.5}, {"minutes": -1.0}, {"snap_m": float("inf")}]
)
def test_impossible_speeds_are_refused(wrong):
    with pytest.raises(ValueError, match="must be"):
        AccessParams(**wrong)
