import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import Point, box

from gis.siting.choose import SitingInputs, SitingParams, choose_sites
from gis.siting.confidence import ConfidenceParams
from gis.siting.fairness import share_within

LEFT, TOP = 209_800.0, 530_400.0
FEW = ConfidenceParams(draws=10)


def layer(path, spots, **columns):
    points = [Point(LEFT + x, TOP - y) for x, y in spots]
    gpd.GeoDataFrame(columns, geometry=points, crs="EPSG:5186").to_file(path)
    return path


@pytest.fixture
def shelters(town):
    """A west and an east, with an open shelter, a senior centre and one of which nothing is known."""
    demand = layer(
        town / "d.gpkg",
        [(60, 60), (60, 100), (340, 300), (200, 100)],
        인구=[100] * 4,
        seniors=[10, 10, 60, 0],
    )
    existing = layer(
        town / "e.gpkg", [(60, 70), (340, 310), (340, 290)], 쉼터명칭=["주민센터", "경로당", "이름"],
        시설유형=["주민센터", "경로당", None], 이용가능인원수=[50, 30, None], 야간개방=["Y", "N", None],
        휴일개방=["N", "Y", None],
    )  # fmt: skip
    candidates = layer(town / "c.gpkg", [(340, 200), (120, 100)], 이용가능인원수=[40, 5])
    zones = gpd.GeoDataFrame(
        {"동": ["서동", "동동"]},
        geometry=[box(LEFT, TOP - 400, LEFT + 200, TOP), box(LEFT + 200, TOP - 400, LEFT + 400, TOP)],
        crs="EPSG:5186",
    )
    zones.to_file(town / "z.gpkg")
    return SitingInputs(town / "heat.tif", demand, candidates, existing=existing, zones=town / "z.gpkg")


def chosen(inputs, **more):
    params = SitingParams(count=2, radius_m=120, reference_C=20.0, confidence=FEW, **more)
    return choose_sites(inputs, params).equity


def test_night_cover_counts_what_is_known_to_be_open_and_says_what_may_be(shelters):
    found = chosen(shelters)
    assert found["night_open_share_known_before"] == pytest.approx(2 / 4)
    assert found["night_open_share_possible_before"] == pytest.approx(3 / 4)
    assert found["weekend_open_share_known_before"] == 0.0
    assert found["weekend_open_share_possible_before"] == pytest.approx(1 / 4)
    assert found["day_open_share_known_before"] == pytest.approx(2 / 4)


def test_shade_outdoors_serves_at_weekends_and_not_at_night(shelters):
    found = chosen(shelters)
    assert found["weekend_open_share_known_after"] > found["weekend_open_share_known_before"]
    assert found["night_open_share_known_after"] == found["night_open_share_known_before"]


def test_the_audits_correlation_is_taken_over_areas(shelters):
    found = chosen(shelters)
    assert found["area_capacity_vs_vulnerable_r_before"] is None  # two areas are too few to correlate
    assert found["capacity_unknown"] == 1.0


def test_older_people_out_of_reach_are_counted_by_their_own_pace(shelters):
    from gis.siting.access import AccessParams

    alone = SitingInputs(shelters.heat, shelters.demand, shelters.candidates, existing=shelters.existing)
    quick = chosen(alone)
    slow = chosen(alone, access=AccessParams(speed_ms=1.0, senior_speed_ms=0.05))
    assert quick["seniors_uncovered_share_before"] == pytest.approx(0.0)
    assert slow["seniors_uncovered_share_before"] > 0.7
    assert quick["seniors_p90_m_before"] == pytest.approx(30.0, abs=0.1)  # 70 of 80 live 10 m away


def test_shares_count_people_and_not_places():
    assert share_within(np.array([5.0, 50.0]), np.array([30.0, 10.0]), 10.0) == 0.75
    assert share_within(np.array([5.0]), np.array([0.0]), 10.0) is None


def test_where_everybody_is_served_already_no_site_adds_anything(shelters, tmp_path):
    layer(tmp_path / "d.gpkg", [(60, 60)], 인구=[100])
    found = choose_sites(
        SitingInputs(shelters.heat, tmp_path / "d.gpkg", shelters.candidates, existing=shelters.existing),
        SitingParams(count=1, radius_m=120, reference_C=20.0, confidence=FEW),
    )
    assert found.solution.gap == 0.0
    assert [site.score for site in found.chosen] in ([], [0.0])
