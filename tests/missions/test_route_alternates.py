import itertools
import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Polygon, box

from missions.route import Navigator, way_length

FIELD = box(0, -400, 1000, 400)


def kind(way, obstacles):
    """On which sides a way passes obstacles: crossings of a ray north from each, undone ones left out."""
    word = []
    for a, b in itertools.pairwise(way):
        met = []
        for name, (x, y) in enumerate(obstacles):
            if (a[0] <= x) != (b[0] <= x):
                share = (x - a[0]) / (b[0] - a[0])
                if a[1] + share * (b[1] - a[1]) > y:
                    met.append((share, name + 1 if b[0] > a[0] else -(name + 1)))
        for _, letter in sorted(met):
            if word and word[-1] == -letter:
                word.pop()
            else:
                word.append(letter)
    return tuple(word)


def every_kind(free, obstacles, start, goal, longest):
    """The shortest way of each kind by trying all ways over corners: slow and plain."""
    corners = [c for o in obstacles for c in list(o.exterior.coords)[:-1]]
    nodes = [start, goal, *corners]
    grown = free.buffer(1e-6, join_style="mitre")
    shapely.prepare(grown)
    sees = {
        (i, j)
        for i, j in itertools.permutations(range(len(nodes)), 2)
        if grown.covers(shapely.LineString([nodes[i], nodes[j]]))
    }
    middles = [(o.representative_point().x + 1e-3, o.representative_point().y) for o in obstacles]
    best = {}

    def walk(path, length):
        here = path[-1]
        if length + math.dist(nodes[here], goal) > longest:
            return
        if here == 1:
            way = [nodes[k] for k in path]
            if shapely.LineString(way).is_simple:
                word = kind(way, middles)
                best[word] = min(best.get(word, math.inf), length)
            return
        for k in range(len(nodes)):
            if k not in path and (here, k) in sees:
                walk([*path, k], length + math.dist(nodes[here], nodes[k]))

    walk([0], 0.0)
    return best, middles


def test_left_and_right_of_one_obstacle():
    tower = box(450, -100, 550, 60)
    ways = Navigator(FIELD.difference(tower), inset_m=0.0).ways(
        (100, 0), (900, 0), 5, apart_m=20.0, longest=2.0
    )
    assert [w[1] for w in ways] == [(450, 60), (450, -100)]
    assert way_length(ways[0]) == pytest.approx(2 * math.hypot(350, 60) + 100)
    assert way_length(ways[1]) == pytest.approx(2 * math.hypot(350, 100) + 100)


def test_ways_that_differ_little_count_once():
    pole = box(498, -2, 502, 2)
    navigator = Navigator(FIELD.difference(pole), inset_m=0.0)
    assert len(navigator.ways((100, 0), (900, 0), 5, apart_m=50.0, longest=2.0)) == 1
    assert len(navigator.ways((100, 0), (900, 0), 5, apart_m=1.0, longest=2.0)) == 2


def test_detours_longer_than_wanted_are_left_out():
    wall = box(450, -300, 550, 30)
    navigator = Navigator(FIELD.difference(wall), inset_m=0.0)
    assert len(navigator.ways((100, 0), (900, 0), 5, apart_m=1.0, longest=1.1)) == 1
    assert len(navigator.ways((100, 0), (900, 0), 5, apart_m=1.0, longest=1.5)) == 2


def test_no_way_gives_none():
    ring = box(700, -300, 999, 300).difference(box(800, -100, 950, 100))
    assert not Navigator(FIELD.difference(ring)).ways((100, 0), (900, 0), 3, apart_m=1.0, longest=2.0)


def triangle(x, y, size, turn):
    angles = np.radians(turn) + np.array([0, 2.1, 4.2])
    return Polygon(np.column_stack([x + size * np.cos(angles), y + size * np.sin(angles)]))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(200, 800), st.integers(-150, 150), st.integers(30, 120), st.integers(0, 119)),
        min_size=1,
        max_size=3,
    )
)
def test_the_second_way_is_the_shortest_of_another_kind(shapes):
    obstacles = [triangle(*s) for s in shapes]
    if any(a.distance(b) < 5 for a, b in itertools.combinations(obstacles, 2)):
        return
    start, goal = (50.0, 1.0), (950.0, 3.0)
    free = FIELD.difference(shapely.union_all(obstacles))
    ways = Navigator(free, inset_m=0.0).ways(start, goal, 6, apart_m=0.0, longest=1.3)
    best, middles = every_kind(free, obstacles, start, goal, 1.3 * way_length(ways[0]))
    lengths = sorted(best.values())
    kinds = [kind(w, middles) for w in ways]
    assert len(set(kinds)) == len(kinds)
    assert [way_length(w) for w in ways[:2]] == pytest.approx(lengths[: len(ways[:2])], abs=1e-3)
    assert len(ways) >= min(2, len(lengths))
    for way, word in zip(ways, kinds, strict=True):
        assert way_length(way) == pytest.approx(best[word], abs=1e-3)
        assert free.buffer(1e-3).covers(shapely.LineString(way))
