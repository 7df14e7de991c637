import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, box

from gis.siting.demand import DemandParams, disjoint, of_places, on_grid, with_footfall
from gis.siting.grids import Units, usual_units
from gis.siting.spread import owners, spread_areas

METRES = st.integers(-3_000_000, 3_000_000).map(lambda decimetres: decimetres / 10.0)
UNITS = st.builds(
    Units, st.sampled_from(["square", "hexagon"]), st.sampled_from([50.0, 87.5, 200.0]),
    st.sampled_from([0.0, 0.25, 0.5]),
)  # fmt: skip


@given(UNITS, st.lists(st.tuples(METRES, METRES), min_size=1, max_size=20))
def test_every_place_lies_within_the_outline_of_its_cell(units, places):
    cells = units.cells(np.array(places))
    outlines = units.outlines(cells)
    assert (shapely.distance(outlines, shapely.points(np.array(places))) < 1e-6).all()
    assert np.array_equal(units.cells(units.middles(cells)), cells)


@pytest.mark.parametrize("kind", ["square", "hexagon"])
def test_cells_fill_the_ground_without_gap_or_overlap(kind):
    units = Units(kind, 10.0)
    x, y = np.meshgrid(np.arange(-60, 60, 1.0), np.arange(-60, 60, 1.0))
    cells = np.unique(units.cells(np.column_stack([x.ravel(), y.ravel()])), axis=0)
    outlines = units.outlines(cells)
    assert shapely.area(outlines) == pytest.approx(np.full(len(cells), 100.0))
    assert shapely.union_all(outlines, grid_size=1e-6).area == pytest.approx(100.0 * len(cells))


def test_people_are_as_many_on_every_grid_and_stand_where_they_stood():
    rng = np.random.default_rng(1)
    places, people = rng.uniform(200_000, 203_000, (400, 2)), rng.uniform(0, 50, 400)
    for units in usual_units(100.0):
        found = on_grid(of_places(places), people, units, {"seniors": people / 5})
        assert found.people.sum() == pytest.approx(people.sum())
        assert found.counts["seniors"].sum() == pytest.approx(people.sum() / 5)
        middle = (found.people[:, None] * found.places_m).sum(axis=0) / found.people.sum()
        assert middle == pytest.approx((people[:, None] * places).sum(axis=0) / people.sum())


def test_nobody_is_counted_twice_in_groups_that_contain_one_another():
    groups, wrong = disjoint(np.array([100.0, 50.0]), np.array([30.0, 20.0]), np.array([10.0, 25.0]))
    assert groups.total.tolist() == [100.0, 50.0]
    assert groups.seniors.tolist() == [30.0, 20.0]
    assert groups.alone.tolist() == [10.0, 20.0]  # more living alone than there are: cut to all of them
    assert wrong.tolist() == [1]
    assert groups.weighted(DemandParams(other=1, senior=2, alone=3)).tolist() == [70 + 40 + 30, 30 + 0 + 60]


def test_without_finer_columns_everybody_is_one_group():
    groups, wrong = disjoint(np.array([7.0]), None, None)
    assert (groups.other.tolist(), groups.seniors.tolist(), wrong.size) == ([7.0], [0.0], 0)


def test_footfall_moves_people_and_makes_none():
    support = of_places(np.array([[0.0, 0.0], [500.0, 0.0]]))
    people, moved = with_footfall(
        np.array([80.0, 20.0]), support, np.array([[250.0, 0.0], [250.0, 300.0]]), np.array([3.0, 1.0]), 0.4
    )
    found = on_grid(moved, people, Units("square", 10.0))
    at = {tuple(place): heads for place, heads in zip(found.places_m.tolist(), found.people, strict=True)}
    expected = {(0.0, 0.0): 48.0, (500.0, 0.0): 12.0, (250.0, 0.0): 30.0, (250.0, 300.0): 10.0}
    assert at == pytest.approx(expected)


def areas(*shapes):
    return gpd.GeoSeries(list(shapes), crs="EPSG:5186")


def shares_by(support, row):
    mine = support.owner == row
    return support.places_m[mine], support.share[mine]


def test_people_of_an_area_go_to_its_buildings_by_floor_space():
    houses = gpd.GeoDataFrame(
        {"지상층수": [1, 9, 2]},
        geometry=[box(0, 0, 10, 10), box(50, 0, 60, 10), box(300, 0, 310, 10)],
        crs="EPSG:5186",
    )
    found = spread_areas(areas(box(-20, -20, 100, 100), box(280, -20, 400, 100)), buildings=houses)
    _, share = shares_by(found, 0)
    assert sorted(share.tolist()) == pytest.approx([0.1, 0.9])
    assert shares_by(found, 1)[1].tolist() == [1.0]
    assert found.notes == (
        "people of 2 areas are spread within them: 2 by buildings (outline times storeys)",
    )


def test_where_uses_are_named_only_dwellings_hold_residents():
    houses = gpd.GeoDataFrame(
        {"building": ["apartments", "school"]}, geometry=[box(0, 0, 9, 9), box(20, 0, 90, 90)], crs=5186
    )
    places, _ = shares_by(spread_areas(areas(box(-5, -5, 100, 100)), buildings=houses), 0)
    assert len(places) == 1
    assert places[0][0] < 10


def test_an_area_without_buildings_goes_by_its_paths_and_one_without_those_by_its_land():
    houses = gpd.GeoDataFrame(geometry=[box(0, 0, 10, 10)], crs="EPSG:5186")
    paths = gpd.GeoDataFrame(geometry=[LineString([(210, 5), (290, 5)])], crs="EPSG:5186")
    water = gpd.GeoSeries([box(400, 0, 450, 100)], crs="EPSG:5186")
    ground = areas(box(0, 0, 100, 100), box(200, 0, 300, 100), box(400, 0, 500, 100))
    found = spread_areas(ground, buildings=houses, paths=paths, water=water)
    assert shares_by(found, 1)[0][:, 1].tolist() == [5.0] * 4
    land, _ = shares_by(found, 2)
    assert land[:, 0].min() > 450
    assert found.notes[0].endswith("1 by buildings (outline), 1 by paths, 1 by land")


def test_a_sliver_without_land_points_keeps_its_people():
    found = spread_areas(areas(box(0, 0, 1, 1), box(100, 100, 200, 200)))
    assert found.notes[0].endswith("1 by land, 1 at one inner point")
    assert np.bincount(found.owner, weights=found.share).tolist() == pytest.approx([1.0, 1.0])


def test_a_point_on_a_common_border_has_one_owner():
    assert owners([box(0, 0, 1, 1), box(1, 0, 2, 1)], np.array([[1.0, 0.5], [5.0, 5.0]])).tolist() == [0, -1]


@pytest.mark.parametrize(
    "wrong", [{"senior": -1.0}, {"alone": float("nan")}, {"footfall_share": 1.5}, {"unit_m": 0.0}]
)
def test_impossible_demand_parameters_are_refused(wrong):
    with pytest.raises(ValueError, match="must"):
        DemandParams(**wrong)


@pytest.mark.parametrize("wrong", [{"kind": "triangle"}, {"size_m": 0.0}, {"shift": 1.0}])
def test_impossible_units_are_refused(wrong):
    with pytest.raises(ValueError, match="must be"):
        Units(**wrong)
