"""Volumes of air and time: meeting, the book of reservations, sizes, tubes and fences."""

import math
import random
from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from core.geo import Altitude, Datum, LocalFrame, LonLat
from missions.aircraft import load_aircraft
from missions.model import Command, Home, Mission, MissionItem
from missions.path import mission_cost
from missions.volumes.book import Book
from missions.volumes.sora import SoraParams, Termination, sora_sizes
from missions.volumes.tube import NoVolumesError, TubeParams, fence_of, flight_volumes
from missions.volumes.volume import Volume4D

HOME = LonLat(127.11, 37.37)
FRAME = LocalFrame(HOME)
GRID_DEG = 0.001


def box(west, south, east, north, low, high, start, end):
    """A volume whose bounds are whole steps of a coarse grid, so that meeting can be told by counting."""
    outline = shapely.box(*(127.0 + v * GRID_DEG for v in (west,)), 37.0 + south * GRID_DEG,
                          127.0 + east * GRID_DEG, 37.0 + north * GRID_DEG)  # fmt: skip
    return Volume4D(outline, low, high, start, end)


spans = st.tuples(st.integers(0, 6), st.integers(1, 4)).map(lambda s: (s[0], s[0] + s[1]))
boxes = st.tuples(spans, spans, spans, spans)


def made(spec):
    (w, e), (s, n), (lo, hi), (t0, t1) = spec
    return box(w, s, e, n, lo, hi, t0, t1)


def cells(spec):
    """The unit cells a box of whole numbers fills: the oracle."""
    ranges = [range(a, b) for a, b in spec]
    return {(a, b, c, d) for a in ranges[0] for b in ranges[1] for c in ranges[2] for d in ranges[3]}


@given(boxes, boxes)
def test_two_volumes_meet_just_where_they_share_a_cell(a, b):
    assert made(a).meets(made(b)) == bool(cells(a) & cells(b))
    assert made(a).meets(made(b)) == made(b).meets(made(a))


@given(st.lists(boxes, min_size=1, max_size=12), st.lists(boxes, min_size=1, max_size=3))
def test_the_book_finds_what_looking_at_every_pair_finds(held, asked):
    book = Book()
    for number, spec in enumerate(held):
        book.reserve(f"flight {number}", [made(spec)])
    found = {(m.index, m.holder) for m in book.meetings([made(s) for s in asked])}
    expected = {
        (i, f"flight {n}") for i, a in enumerate(asked) for n, h in enumerate(held) if cells(a) & cells(h)
    }
    assert found == expected


def slanted(rng):
    """A volume with a triangle for an outline."""
    at = [(127 + rng.random() * 0.05, 37 + rng.random() * 0.05) for _ in range(3)]
    low, start = rng.random() * 100, rng.random() * 600
    outline = shapely.Polygon(at)
    return Volume4D(outline, low, low + 1 + rng.random() * 30, start, start + 1 + rng.random() * 200)


@given(st.lists(boxes, max_size=6), st.lists(boxes, min_size=1, max_size=6))
def test_boxes_are_clear_of_a_book_just_where_nothing_in_it_meets_them(held, asked):
    book = Book()
    for n, spec in enumerate(held):
        book.reserve(f"f{n}", [made(spec)])
    volumes = [made(spec) for spec in asked]
    table = np.array([
        (*v.outline.bounds[:2], v.floor_m, v.start_s, *v.outline.bounds[2:], v.ceiling_m, v.end_s)
        for v in volumes
    ])  # fmt: skip
    assert book.meets_boxes(table) == bool(book.meetings(volumes))


def test_a_thousand_slanted_questions_agree_with_every_pair():
    rng = random.Random(4)
    held = [slanted(rng) for _ in range(60)]
    book = Book()
    for number, volume in enumerate(held):
        book.reserve(str(number), [volume])
    for _ in range(1000):
        new = slanted(rng)
        assert {m.holder for m in book.meetings([new])} == {
            str(n) for n, v in enumerate(held) if v.meets(new)
        }


def test_a_holder_replaces_releases_and_expires():
    book = Book()
    early, late = box(0, 0, 2, 2, 0, 5, 0, 10), box(0, 0, 2, 2, 0, 5, 20, 30)
    book.reserve("a", [early, late])
    book.reserve("b", [replace(early, floor_m=50.0, ceiling_m=60.0)])
    assert len(book) == 3
    assert {m.holder for m in book.meetings([early])} == {"a"}
    assert book.meetings([early], but="a") == ()
    assert book.expire(15.0) == 1  # b is over, a goes on with its second
    assert book.volumes_of("a") == (late,)
    assert "b" not in book
    book.reserve("a", [early])
    assert [m.volume for m in book.meetings([early])] == [early]
    book.release("a")
    book.release("nobody")
    assert len(book) == 0
    assert book.meetings([early]) == ()


def test_heights_over_different_datums_are_never_compared():
    a = box(0, 0, 2, 2, 0, 5, 0, 10)
    b = replace(a, datum=Datum.ELLIPSOID)
    with pytest.raises(ValueError, match="cannot be compared"):
        a.meets(b)
    with pytest.raises(ValueError, match="over the geoid"):
        Book().reserve("b", [b])
    with pytest.raises(ValueError, match="geoid or ellipsoid, got home"):
        replace(a, datum=Datum.HOME)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"ceiling_m": -1.0}, "floor 0 m is not below ceiling -1 m"),
        ({"floor_m": math.nan}, "finite heights"),
        ({"end_s": 0.0}, "end after it starts"),
        ({"outline": shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])}, "does not cross itself"),
    ],
)
def test_a_volume_that_cannot_be_is_refused(change, said):
    with pytest.raises(ValueError, match=said):
        replace(box(0, 0, 2, 2, 0, 5, 0, 10), **change)


def test_sizes_follow_annex_a_for_a_known_aircraft():
    """Worked by hand: 1.5 m, 15 m/s, 60 m, braking at 45 degrees."""
    sizes = sora_sizes(SoraParams(size_m=1.5, speed_ms=15.0, height_m=57.75, pitch_deg=45.0))
    g = 9.80665
    assert sizes.geography_half_width_m == 2.25
    assert sizes.contingency_m == pytest.approx(3 + 3 + 1 + 15 + 225 / (2 * g), abs=1e-9)
    assert sizes.contingency_above_m == pytest.approx(1 + 0.7 * 15 + 225 / (2 * g), abs=1e-9)
    top = 60 + sizes.contingency_above_m
    assert sizes.ground_risk_m == pytest.approx(15 * math.sqrt(2 * top / g) + 0.75, abs=1e-9)
    parts = sizes.geography_half_width_m, sizes.contingency_m, sizes.ground_risk_m
    assert sizes.outer_half_width_m == pytest.approx(sum(parts))


@pytest.mark.parametrize("field", ["speed_ms", "height_m", "wind_ms", "reaction_s"])
@pytest.mark.parametrize("termination", Termination)
def test_more_speed_height_wind_or_reaction_never_needs_less_room(field, termination):
    params = SoraParams(1.5, 10.0, 60.0, wind_ms=3.0, termination=termination)
    more = replace(params, **{field: getattr(params, field) * 1.5})
    assert sora_sizes(more).outer_half_width_m >= sora_sizes(params).outer_half_width_m


@pytest.mark.parametrize("field", ["size_m", "speed_ms", "height_m"])
@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_impossible_sizes_are_refused(field, value):
    with pytest.raises(ValueError, match=f"{field} must be > 0"):
        replace(SoraParams(1.5, 10.0, 60.0), **{field: value})


def delivery(up_m=50.0, home_m=40.0):
    at = [FRAME.place(0, 400), FRAME.place(900, 400)]
    items = [MissionItem(Command.NAV_TAKEOFF, altitude=Altitude(up_m, Datum.HOME))]
    items += [MissionItem(Command.NAV_WAYPOINT, (5, 0, 0, 0), p, Altitude(up_m, Datum.HOME)) for p in at]
    items += [MissionItem(Command.NAV_RETURN_TO_LAUNCH)]
    return Mission(Home(HOME, home_m), tuple(items), name="park")


def test_a_tube_holds_the_aircraft_at_every_moment_of_its_flight():
    craft, start = load_aircraft("hexa-delivery"), 1_700_000_000.0
    volumes = flight_volumes(delivery(), craft, start)
    total = mission_cost(delivery(), craft, density=1.225).duration_s
    assert min(v.start_s for v in volumes) == pytest.approx(start - 5.0)
    assert max(v.end_s for v in volumes) == pytest.approx(start + 1.05 * total + 10.0, abs=0.5)
    second = total / 500
    for k in range(500):
        now = start + k * second
        assert any(v.start_s <= now <= v.end_s for v in volumes), k
    heights = {(round(v.floor_m, 6), round(v.ceiling_m, 6)) for v in volumes}
    assert (85.0, 95.0) in heights  # the lane: home 40 m, 50 m over it, 5 m of room
    lane = shapely.union_all([v.outline for v in volumes])
    for east, north in [(0, 0), (0, 200), (14.9, 200), (450, 414.9), (900 + 14.9, 400)]:
        assert lane.covers(shapely.Point(*FRAME.place(east, north).xy))
    assert not lane.covers(shapely.Point(*FRAME.place(450, 420).xy))
    assert not lane.covers(shapely.Point(*FRAME.place(900, 300).xy))


def test_two_flights_of_one_route_meet_unless_lane_or_time_parts_them():
    craft, book = load_aircraft("hexa-delivery"), Book()
    book.reserve("first", flight_volumes(delivery(), craft, 0.0))
    assert book.meetings(flight_volumes(delivery(), craft, 30.0))
    cruise = [v for v in flight_volumes(delivery(75.0), craft, 30.0) if v.floor_m > 100]
    assert book.meetings(cruise) == ()
    assert book.meetings(flight_volumes(delivery(), craft, 900.0)) == ()


def test_volumes_need_homes_height():
    with pytest.raises(NoVolumesError, match="not known"):
        flight_volumes(delivery(home_m=None), load_aircraft("hexa-delivery"), 0.0)


def test_a_fence_of_volumes_holds_them_and_little_more():
    volumes = flight_volumes(delivery(), load_aircraft("hexa-delivery"), 0.0, TubeParams(half_width_m=20.0))
    fence = fence_of(volumes, FRAME)
    area = shapely.union_all(
        [shapely.Polygon([FRAME.point(c) for c in p.corners]) for p in fence if p.inclusion]
    )
    holes = [shapely.Polygon([FRAME.point(c) for c in p.corners]) for p in fence if not p.inclusion]
    area = area.difference(shapely.union_all(holes))
    tube = shapely.union_all(
        [shapely.transform(v.outline, lambda xy: FRAME.to_local(xy[:, 0], xy[:, 1])) for v in volumes]
    )
    assert area.buffer(0.001).covers(tube)
    assert area.area < 1.08 * tube.area


@pytest.mark.parametrize("pieces", [1, 3, 7])
def test_pieces_of_any_length_cover_the_same_flight(pieces):
    craft, start = load_aircraft("hexa-delivery"), 100.0
    coarse = flight_volumes(delivery(), craft, start, TubeParams(piece_m=1e6))
    fine = flight_volumes(delivery(), craft, start, TubeParams(piece_m=900.0 / pieces))
    assert max(v.end_s for v in fine) == pytest.approx(max(v.end_s for v in coarse))
    lanes = [shapely.union_all([v.outline for v in volumes]) for volumes in (fine, coarse)]
    assert lanes[0].symmetric_difference(lanes[1]).area < 0.001 * lanes[1].area
