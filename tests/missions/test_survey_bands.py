import numba
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Polygon, box

from missions.survey import bands
from missions.survey.bands import edges_of

INSET_M, REACH_M = 5.0, 18.0


@numba.njit
def levels_of(low, high, line, edge):
    """As compiled code calls it; so the three below."""
    return bands.levels_of(low, high, line, edge)


@numba.njit
def chord(edges, y):
    return bands.chord(edges, y)


@numba.njit
def extents(edges, low, high):
    return bands.extents(edges, low, high)


@numba.njit
def pieces(edges, rows, borders, inset, reach):
    return bands.pieces(edges, rows, borders, inset, reach)


def area_of(seed):
    """A crooked polygon with a hole, from a seed."""
    rng = np.random.default_rng(seed)
    turns = np.sort(rng.uniform(0, 2 * np.pi, 11))
    radii = rng.uniform(80.0, 250.0, 11)
    outer = Polygon(np.column_stack([radii * np.cos(turns), radii * np.sin(turns)])).buffer(0)
    return outer.difference(box(-20, -25, 30, 10))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(-240, 240), st.floats(1.0, 40.0))
def test_extents_are_those_of_the_ground_between_two_levels(seed, low, tall):
    """Against the boxes of what shapely cuts out."""
    area = area_of(seed)
    band = area.intersection(box(-300, low, 300, low + tall))
    boxes = [p.bounds for p in shapely.get_parts(band) if p.area > 1e-9]
    found = extents(edges_of(area), low, low + tall)
    wanted = shapely.union_all([box(b[0], 0, b[2], 1) for b in boxes])
    drawn = shapely.union_all([box(a, 0, b, 1) for a, b in found])
    assert wanted.symmetric_difference(drawn).area < 1e-4


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(-240, 240))
def test_chords_are_the_parts_of_a_line_inside(seed, y):
    area = area_of(seed)
    cut = area.intersection(shapely.LineString([(-300, y), (300, y)]))
    assert sum(b - a for a, b in chord(edges_of(area), y)) == pytest.approx(cut.length, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.floats(0.1, 900.0), st.floats(5.0, 60.0), st.floats(0.5, 0.75))
def test_rows_are_the_fewest_that_keep_their_spacing(tall, line, inside):
    rows, borders = levels_of(10.0, 10.0 + tall, line, inside * line)
    assert borders[0] == 10.0
    assert borders[-1] == 10.0 + tall
    assert (np.diff(rows) <= line + 1e-6).all()
    assert max(rows[0] - borders[0], borders[-1] - rows[-1]) <= inside * line + 1e-6 * line or len(rows) == 1
    one_less = 2.0 * inside * line + (len(rows) - 2) * line
    assert len(rows) == 1 or one_less < tall + 1e-6


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_every_spot_is_near_a_piece_of_its_row_or_of_the_next(seed):
    """No spot lies farther beyond a piece than pictures reach."""
    area = area_of(seed)
    west, bottom, east, top = area.bounds
    rows, borders = levels_of(bottom, top, 20.0, 12.0)
    found = pieces(edges_of(area), rows, borders, INSET_M, REACH_M)
    seen = [
        box(a - REACH_M, borders[r] - 20.0, b + REACH_M, borders[r + 1] + 20.0)
        for r, a, b in ((int(r), a, b) for r, a, b in found)
    ]
    own = [box(a - REACH_M, borders[int(r)], b + REACH_M, borders[int(r) + 1]) for r, a, b in found]
    assert area.difference(shapely.union_all(seen)).area < 1e-3
    assert area.difference(shapely.union_all(own)).area < 0.1 * area.area
    assert west - 1e-6 <= found[:, 1].min()
    assert found[:, 2].max() <= east + 1e-6


def test_a_square_is_photographed_but_for_half_a_release_at_its_ends():
    rows, borders = levels_of(0.0, 100.0, 20.0, 10.0)
    found = pieces(edges_of(box(0, 0, 300, 100)), rows, borders, INSET_M, REACH_M)
    assert rows.tolist() == pytest.approx([10.0, 30.0, 50.0, 70.0, 90.0])
    assert found.tolist() == [[r, 5.0, 295.0] for r in range(5)]


def test_a_tip_that_no_row_crosses_is_left_to_the_row_that_passes_it():
    tip = Polygon([(140, 100), (160, 100), (150, 109)])
    rows, borders = np.array([50.0, 90.0, 110.0]), np.array([30.0, 70.0, 100.0, 120.0])
    found = pieces(edges_of(box(0, 30, 300, 100).union(tip)), rows, borders, INSET_M, REACH_M)
    assert found[:, 0].tolist() == [0, 1]
