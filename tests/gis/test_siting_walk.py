import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString

from gis.siting.walk import network_from_lines
from gis.siting.ways import StraightWays, WalkingWays


def network(*lines):
    frame = gpd.GeoDataFrame(geometry=[LineString(line) for line in lines], crs="EPSG:5186")
    return network_from_lines(frame, "EPSG:5186")


def walking_distances(net, sites, people, *, limit_m):
    return WalkingWays(net, sites, people).within(limit_m)


def straight_distances(sites, people, *, limit_m):
    return StraightWays(sites, people).within(limit_m)


def matrix(found, sites, demands):
    out = np.full((sites, demands), np.inf)
    out[found.site, found.demand] = found.metres
    return out


def floyd(nodes, edges):
    """All shortest ways by Floyd and Warshall, an oracle of three lines."""
    d = np.full((len(nodes), len(nodes)), np.inf)
    np.fill_diagonal(d, 0.0)
    for a, b in edges:
        d[a, b] = d[b, a] = np.linalg.norm(nodes[a] - nodes[b])
    for k in range(len(nodes)):
        d = np.minimum(d, d[:, [k]] + d[[k], :])
    return d


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_ways_between_places_on_paths_are_the_shortest(seed):
    rng = np.random.default_rng(seed)
    nodes = rng.uniform(0, 1000, (12, 2)).round(1)
    edges = sorted({tuple(sorted(rng.choice(12, 2, replace=False).tolist())) for _ in range(18)})
    on, share = rng.integers(0, len(edges), 8), rng.uniform(0, 1, 8)
    ends = np.array(edges)[on]
    places = nodes[ends[:, 0]] + share[:, None] * (nodes[ends[:, 1]] - nodes[ends[:, 0]])
    length = np.linalg.norm(nodes[ends[:, 1]] - nodes[ends[:, 0]], axis=1)
    to_end = np.column_stack([share * length, (1 - share) * length])
    between = floyd(nodes, edges)
    expected = np.min(
        to_end[:, None, :, None]
        + between[ends[:, None, :, None], ends[None, :, None, :]]
        + to_end[None, :, None, :],
        axis=(2, 3),
    )
    same = on[:, None] == on[None, :]
    expected = np.where(same, np.minimum(expected, np.abs(share[:, None] - share) * length), expected)
    found = walking_distances(
        network(*[nodes[list(edge)] for edge in edges]), places[:3], places[3:], limit_m=1e9
    )
    assert matrix(found, 3, 5) == pytest.approx(expected[:3, 3:], abs=1e-3)


def test_a_place_walks_straight_to_its_path_along_it_and_straight_again():
    found = walking_distances(
        network([(0, 0), (100, 0)]),
        np.array([[10.0, 5.0]]),
        np.array([[70.0, -20.0], [15.0, -2.0]]),
        limit_m=200,
    )
    assert matrix(found, 1, 2)[0] == pytest.approx([5 + 60 + 20, 5 + 5 + 2], abs=1e-6)
    assert found.kind == "walking"


def test_two_places_nearer_to_each_other_than_to_the_path_need_no_path():
    found = walking_distances(
        network([(0, 0), (100, 0)]),
        np.array([[50.0, 60.0]]),
        np.array([[50.0, 60.0], [50.0, 90.0]]),
        limit_m=200,
    )
    assert matrix(found, 1, 2)[0].tolist() == [0.0, 30.0]


def test_a_bridge_over_a_road_is_no_crossing():
    over = network([(0, 50), (100, 50)], [(50, 0), (50, 100)])
    assert over.parts == 2
    met = network([(0, 50), (50, 50), (100, 50)], [(50, 0), (50, 50), (50, 100)])
    assert met.parts == 1


def test_ways_longer_than_the_limit_are_left_out():
    found = walking_distances(
        network([(0, 0), (1000, 0)]),
        np.array([[0.0, 0.0]]),
        np.array([[299.0, 0.0], [301.0, 0.0]]),
        limit_m=300,
    )
    assert found.demand.tolist() == [0]


def test_a_place_far_from_every_path_is_out_of_reach_and_said():
    found = walking_distances(
        network([(0, 0), (1000, 0)]), np.array([[0.0, 0.0]]), np.array([[5.0, 150.0]]), limit_m=500
    )
    assert len(found.metres) == 0
    assert found.notes == ("1 places lie more than 100 m from any path",)


def test_walking_is_never_shorter_than_the_straight_line():
    rng = np.random.default_rng(8)
    lines = [[(x, 0), *[(x, y) for y in range(100, 1001, 100)]] for x in range(0, 1001, 100)]
    lines += [[(0, y), *[(x, y) for x in range(100, 1001, 100)]] for y in range(0, 1001, 100)]
    sites, people = rng.uniform(0, 1000, (20, 2)), rng.uniform(0, 1000, (50, 2))
    walked = matrix(walking_distances(network(*lines), sites, people, limit_m=700), 20, 50)
    straight = matrix(straight_distances(sites, people, limit_m=5000), 20, 50)
    assert (walked >= straight - 1e-6).all()
    assert np.isfinite(walked).sum() > 100


def test_straight_lines_are_called_so():
    found = straight_distances(np.zeros((1, 2)), np.array([[3.0, 4.0], [90.0, 0.0]]), limit_m=10)
    assert (found.kind, found.metres.tolist()) == ("straight", [5.0])
    assert "straight lines" in found.notes[0]


def test_the_nearest_of_some_sites_is_the_least_of_their_ways():
    rng = np.random.default_rng(3)
    net = network(*[[(0, y), (250, y), (500, y)] for y in (0, 100, 200)], [(250, 0), (250, 100), (250, 200)])
    sites, people = rng.uniform(0, 250, (6, 2)), rng.uniform(0, 250, (30, 2))
    for ways in (WalkingWays(net, sites, people), StraightWays(sites, people)):
        every = matrix(ways.within(200.0), 6, 30)
        for some in (np.array([0]), np.array([1, 3, 5])):
            assert ways.nearest(some, 200.0) == pytest.approx(every[some].min(axis=0), abs=1e-6)
        assert np.isinf(ways.nearest(np.zeros(0, np.int64), 200.0)).all()


def test_a_layer_without_lines_is_no_network():
    with pytest.raises(ValueError, match="needs lines"):
        network_from_lines(
            gpd.GeoDataFrame(geometry=gpd.points_from_xy([0], [0]), crs="EPSG:5186"), "EPSG:5186"
        )
