import csv
import json

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from shapely.geometry import LineString, Point, shape

from delivery.places import read_places
from missions.airspace import read_zones
from skyshade.demo.layers import write_layers


@pytest.fixture(scope="module")
def layers(scene, tmp_path_factory):
    return write_layers(scene, tmp_path_factory.mktemp("탄천 레이어"))


def features(path):
    return json.loads(path.read_text(encoding="utf-8"))["features"]


def test_every_layer_is_written_and_valid(layers):
    for path in (layers.survey_area, layers.airspace, layers.buildings, layers.water, layers.surface):
        frame = gpd.read_file(path)
        assert len(frame) > 0
        assert frame.geometry.is_valid.all()


def test_the_survey_area_is_concave_and_of_the_size_asked_for(scene, layers):
    area = gpd.read_file(layers.survey_area).to_crs(scene.crs).geometry[0]
    west, south, east, north = area.bounds
    assert (east - west, north - south) == pytest.approx((240, 172), abs=6)
    assert 0.75 < area.area / area.convex_hull.area < 0.97


def test_the_truth_is_written_as_it_is(scene, layers):
    with rasterio.open(layers.truth) as truth, rasterio.open(layers.dsm) as dsm:
        assert truth.crs.to_epsg() == 5186
        assert np.array_equal(truth.read(1), scene.temperature_C)
        assert dsm.read(1).max() == pytest.approx(scene.height_m.max() + scene.home_elevation_m, abs=1e-3)
        x, y = scene.map_xy(100.0, 100.0)
        row, column = truth.index(x + 0.01, y + 0.01)
        assert (scene.shape[0] - row - 1, column) == (400, 400)


def test_a_straight_delivery_crosses_the_closed_zone_and_another_way_does_not(layers):
    zones = {z.kind.value: z for z in read_zones(layers.airspace) if "만료" not in z.name}
    places = {p.id: p.position.xy for p in read_places(layers.places)}
    school = zones["no_fly"].polygon
    assert LineString([places["depot"], places["picnic-1"]]).intersects(school)
    assert not any(school.contains(Point(xy)) for xy in places.values())
    area = shape(features(layers.survey_area)[0]["geometry"])
    assert not area.intersects(school)
    assert zones["ceiling"].ceiling.value_m == 150.0


def test_references_state_the_true_mean_and_lie_in_the_survey_area(scene, layers):
    area = gpd.read_file(layers.survey_area).to_crs(scene.crs).geometry[0]
    with layers.references.open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2
    with rasterio.open(layers.truth) as truth:
        for row in rows:
            place = gpd.GeoSeries([Point(float(row["lon"]), float(row["lat"]))], crs=4326).to_crs(scene.crs)[
                0
            ]
            assert area.contains(place.buffer(5.0))
            value = next(truth.sample([(place.x, place.y)]))[0]
            assert value == pytest.approx(float(row["temperature_C"]), abs=0.3)


def test_the_walking_network_hangs_together_and_avoids_buildings(scene, layers):
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    lines = gpd.read_file(layers.paths).to_crs(scene.crs).geometry
    ends = np.array([[line.coords[0], line.coords[-1]] for line in lines]).reshape(-1, 2)
    _, node = np.unique(np.round(ends / 0.05).astype(int), axis=0, return_inverse=True)
    start, end = node.reshape(-1, 2).T
    count = int(node.max()) + 1
    parts, _ = connected_components(coo_array((np.ones(len(start)), (start, end)), shape=(count, count)))
    assert parts == 1
    solid = gpd.read_file(layers.buildings).geometry.union_all()
    assert lines.intersection(solid).length.sum() < 1.0


def test_candidates_pass_fail_and_leave_unknown(layers):
    widths = [f["properties"]["sidewalk_width_m"] for f in features(layers.candidates)]
    assert sum(w is None for w in widths) >= 1
    assert sum(w is not None and w < 3.5 for w in widths) >= 3
    assert sum(w is not None and w >= 3.5 for w in widths) >= 5
    assert all(f["properties"]["name"] for f in features(layers.candidates))


def test_some_shelters_keep_their_hours_to_themselves(layers):
    shelters = [f["properties"] for f in features(layers.existing)]
    assert {s["hours"] is None for s in shelters} == {True, False}
    assert {s["capacity"] is None for s in shelters} == {True, False}


def test_demand_stands_outside_buildings_and_water_and_counts_people_once(scene, layers):
    demand = gpd.read_file(layers.demand).to_crs(scene.crs)
    solid = gpd.read_file(layers.buildings).geometry.union_all()
    water = gpd.read_file(layers.water).geometry.union_all()
    assert not demand.within(solid).any()
    assert not demand.within(water).any()
    assert (demand["elderly"] <= demand["residents"]).all()
    assert demand["id"].is_unique


def test_surface_polygons_do_not_overlap(layers):
    surface = gpd.read_file(layers.surface)
    assert surface.area.sum() == pytest.approx(surface.geometry.union_all().area, rel=1e-5)
