import json

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from rasterio.features import rasterize
from rasterio.transform import from_origin

from gis.heat import HeatMap
from gis.siting.choose import SitingInputs, SitingParams, choose_sites
from gis.siting.codes import CodeSystem, code_system, label_conflicts
from gis.siting.confidence import ConfidenceParams
from gis.siting.demand import DemandParams
from gis.siting.grids import usual_units
from gis.siting.hours import When, facilities
from gis.siting.instances import solve_instance
from gis.siting.layers import point_positions, read_layer, read_table
from gis.siting.people import read_demand
from gis.siting.report import write_outputs
from gis.siting.walk import network_from_lines, walkable
from gis.siting.ways import WalkingWays

pytestmark = pytest.mark.shared_data


@pytest.mark.parametrize(
    ("name", "optima"),
    [
        ("SJC324", {1: 5461, 2: 8790, 3: 11604, 4: 12106, 5: 12152}),
        ("SJC402", {1: 6555, 3: 14690, 5: 15970, 6: 15984}),
        ("SJC500", {1: 7944, 3: 15730, 8: 19707}),
    ],
)
def test_covering_reaches_the_proved_optima(shared_data, name, optima):
    path = shared_data / "gis/mclp" / f"{name}.txt"
    for count, optimum in optima.items():
        found = solve_instance(path, "mclp", count, radius_m=800.0)
        assert (found.objective, found.bound, found.gap) == (optimum, optimum, 0.0)


@pytest.mark.parametrize("number", [1, 4, 5, 8, 13])
def test_p_median_and_p_center_reach_the_library_optima(shared_data, number):
    folder = shared_data / "gis/pmed"
    path = folder / f"pmed{number}.txt"
    count = int(path.read_text().split()[2])
    for problem, table in (("pmedian", "pmedopt.txt"), ("pcenter", "kcenteropt.txt")):
        optima = dict(line.split() for line in (folder / table).read_text().splitlines() if line.strip())
        found = solve_instance(path, problem, count)
        assert (found.objective, found.bound) == (float(optima[f"pmed{number}"]),) * 2


def test_the_published_new_york_choice_is_worth_what_is_published(shared_data):
    from gis.siting.covering import objective_of
    from gis.siting.coverrows import cover_rows
    from gis.siting.instances import read_instance

    instance = read_instance(shared_data / "gis/mclp/NewYork.txt")
    best, sites = (shared_data / "gis/mclp/NewYork_50_400.txt").read_text().splitlines()[:2]
    demand, site = np.nonzero(instance.metres <= 400.0)
    rows = cover_rows(instance.weights, site, demand, np.ones(len(site)), sites=len(instance.weights))
    chosen = np.array([int(word) for word in sites.split()[1:]])
    assert objective_of(rows, chosen) == float(best.split()[1])


def test_seongnams_swapped_dong_labels_are_found(shared_data):
    folder = shared_data / "gis/seongnam"
    official = read_layer(folder / "BND_ADM_DONG_PG.shp").frame
    other = read_layer(folder / "dong_boundaries.geojson").frame
    found = label_conflicts(other, "dong_name", official, "ADM_NM")
    assert {(c.name, c.other) for c in found} == {("야탑2동", "야탑3동"), ("야탑3동", "야탑2동")}
    assert code_system(list(official["ADM_CD"])) is CodeSystem.KOSTAT
    assert code_system(list(other["ADMI_CD"])) is CodeSystem.MOIS


def test_every_dong_of_the_population_table_has_its_outline(shared_data):
    folder = shared_data / "gis/seongnam"
    people = read_table(folder / "seongnam_population_households.csv")
    official = read_layer(folder / "BND_ADM_DONG_PG.shp").frame
    assert set(people.frame["동"]) == set(official["ADM_NM"])
    assert people.frame["인구수_계"].sum() > 900_000
    assert any("padded" in text for text in people.repairs)


def test_seongnams_tables_are_joined_and_everybody_is_spread_once(shared_data, tmp_path):
    folder = shared_data / "gis/seongnam"
    tables = (folder / "seongnam_population_households.csv", folder / "seongnam_single_household.csv")
    celsius = np.full((10, 10), 35.0, np.float32)
    heat = HeatMap(celsius, "EPSG:5186", 209_000.0, 531_000.0, 1.0)
    inputs = SitingInputs(tmp_path, folder / "BND_ADM_DONG_PG.shp", tmp_path, tables=tables)
    demand = read_demand(inputs, heat, SitingParams(demand=DemandParams(senior=2.0, alone=3.0)))
    people = read_table(tables[0]).frame
    alone = read_table(tables[1]).frame["65세 이상(계)"].sum()
    everybody, seniors = people["인구수_계"].sum(), people["65세 이상_계"].sum()
    assert demand.heads.sum() == pytest.approx(everybody)
    assert demand.seniors.sum() == pytest.approx(seniors)
    assert demand.people.sum() == pytest.approx(everybody + seniors + alone)
    for units in usual_units(200.0):
        assert demand.counted.on(units).people.sum() == pytest.approx(demand.people.sum())


def test_suji_shelters_are_members_only_or_unknown_and_never_guessed_open(shared_data):
    found = facilities(read_layer(shared_data / "gis/suji/shelters_suji.shp").frame)
    assert int(np.isnan(found.capacity).sum()) == 1
    assert set(found.members.tolist()) <= {0.0, 1.0}
    assert np.isnan(found.night).any()
    assert not found.open_at(When.NIGHT)[0][np.isnan(found.night)].any()


def test_sujis_double_encoded_shelters_are_read(shared_data):
    layer = read_layer(shared_data / "gis/suji/shelters_suji.shp")
    assert "광교휴먼시아41단지경로당" in set(layer.frame["rstar_nm"])


def test_walking_on_sujis_streets_agrees_with_their_own_lengths(shared_data):
    edges = read_layer(shared_data / "gis/suji/sujiku_edges_5186.geojson").frame
    network = network_from_lines(edges, "EPSG:5186")
    assert network.notes == ("60 of 3917 lines are closed to walkers and left out of the network",)
    assert network.cost_m.sum() == pytest.approx(walkable(edges)[0]["length"].sum(), rel=0.01)
    shelters = point_positions(read_layer(shared_data / "gis/suji/shelters_suji.shp").frame, "EPSG:5186")
    found = WalkingWays(network, shelters, shelters).within(50_000)
    straight = np.linalg.norm(shelters[found.site] - shelters[found.demand], axis=1)
    assert found.notes[1:] == ("4 places lie more than 100 m from any path",)  # two, as site and as demand
    assert len(found.metres) >= 14**2
    assert (found.metres >= straight - 1e-6).all()


def made_heat(path, dong, stops):
    """A made surface over a real dong: 34 degrees, hotter towards its bus stops, 2 m a pixel."""
    west, south, east, north = dong.total_bounds
    grid = from_origin(west, north, 2.0, 2.0)
    shape = (int((north - south) / 2), int((east - west) / 2))
    near = rasterize(stops.buffer(60), out_shape=shape, transform=grid)
    noise = np.random.default_rng(1).normal(0, 0.5, shape)
    celsius = (34.0 + 6.0 * near + noise).astype(np.float32)
    profile = {"driver": "GTiff", "count": 1, "dtype": "float32", "height": shape[0], "width": shape[1]}
    with rasterio.open(path, "w", crs="EPSG:5186", transform=grid, **profile) as out:
        out.write(celsius, 1)
    return path


def test_sites_for_a_real_dong_from_its_own_files(shared_data, tmp_path):
    folder = shared_data / "gis/seongnam"
    dong = read_layer(folder / "BND_ADM_DONG_PG.shp").frame.query("ADM_NM == '정자1동'")
    stops = read_layer(folder / "osm_seongnam_bus_stops.json").frame.to_crs("EPSG:5186")
    inside = stops[stops.within(dong.union_all())][["osm_id", "name", "shelter", "geometry"]]
    inside.to_file(tmp_path / "정류장.gpkg")
    table = read_table(folder / "seongnam_population_households.csv").frame.set_index("동")
    spots = gpd.GeoSeries([dong.union_all()], crs="EPSG:5186").sample_points(150, rng=1).explode()
    share = float(table.loc["정자1동", "65세 이상_계"]) / len(spots)
    people = gpd.GeoDataFrame({"65세 이상_계": [share] * len(spots)}, geometry=list(spots), crs=spots.crs)
    people.to_file(tmp_path / "어르신.gpkg")
    heat = made_heat(tmp_path / "heat.tif", dong, inside)
    params = SitingParams(
        count=4, people="65세 이상_계", confidence=ConfidenceParams(draws=20), language="ko"
    )
    result = choose_sites(SitingInputs(heat, tmp_path / "어르신.gpkg", tmp_path / "정류장.gpkg"), params)
    out = write_outputs(result, tmp_path / "정자1동")
    assert result.solution.gap == 0.0
    assert len(result.chosen) == 4
    assert all(site.name in set(inside["name"]) | {""} for site in result.chosen)
    assert json.dumps([site.why for site in result.chosen], ensure_ascii=False).count("직선 거리") == 4
    assert out.map.stat().st_size > 200_000
