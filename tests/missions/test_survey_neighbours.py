"""Photographs beside one another and lines that cross between them, held against plain search and shapely."""

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from missions.survey.neighbours import beside, crossed

SLANT, SAME = float(np.sin(np.radians(5.0))), 0.05


def lines_of(ends, apart_m=10.0):
    """Straight lines with photographs every few metres: starts, ends, courses, offsets, shots, middles."""
    starts, stops = np.array([e[:2] for e in ends], float), np.array([e[2:] for e in ends], float)
    lengths = np.hypot(*(stops - starts).T)
    courses = (stops - starts) / lengths[:, None]
    middles = [
        s + c * np.arange(0.0, n + 1e-9, apart_m)[:, None]
        for s, c, n in zip(starts, courses, lengths, strict=True)
    ]
    offsets = np.cumsum([0, *(len(m) for m in middles)])
    return starts, stops, courses, offsets, np.arange(offsets[-1]), np.concatenate(middles)


def searched(starts, stops, courses, offsets, middles, width, half):
    """The same pairs by trying every line for every photograph."""
    found = set()
    for line, (start, course) in enumerate(zip(starts, courses, strict=True)):
        left = np.array([-course[1], course[0]])
        for shot in range(offsets[line], offsets[line + 1]):
            for sign in (1.0, -1.0):
                away = {}
                for other in range(len(starts)):
                    along = sorted(((starts[other] - start) @ course, (stops[other] - start) @ course))
                    off = sign * float((starts[other] - start) @ left)
                    alike = abs(course[0] * courses[other, 1] - course[1] * courses[other, 0]) <= SLANT
                    level = along[0] - half <= (middles[shot] - start) @ course <= along[1] + half
                    if other != line and alike and level and SAME * width < off < width:
                        away[other] = off
                if away:
                    other = min(away, key=lambda o: away[o])
                    theirs = range(offsets[other], offsets[other + 1])
                    ahead = [abs(float((middles[k] - middles[shot]) @ course)) for k in theirs]
                    found.add((shot, theirs[int(np.argmin(ahead))], line))
    return found


ROWS = st.lists(
    st.tuples(st.integers(0, 9), st.floats(-40, 40), st.floats(60, 160), st.booleans()),
    min_size=2,
    max_size=7,
)


@settings(deadline=None, max_examples=60)
@given(ROWS, st.floats(0.01, 3.0))
def test_pairs_are_those_that_trying_every_line_finds(rows, turn):
    cos, sin = np.cos(turn), np.sin(turn)
    ends = []
    for number, (row, begin, end, back) in enumerate(rows):
        y, shift = 7.3 * row + 0.37 * number, 0.113 * number  # nothing is equally near
        xs = (end, begin + shift) if back else (begin + shift, end)
        place = [(x * cos - y * sin, x * sin + y * cos) for x in xs]
        ends.append((*place[0], *place[1]))
    starts, stops, courses, offsets, shots, middles = lines_of(ends, 7.7)
    sizes = np.full(len(starts), 30.0), np.full(len(starts), 12.0)
    pairs = beside(starts, stops, courses, offsets, shots, middles, *sizes, SLANT, SAME)
    assert {tuple(p) for p in pairs.tolist()} == searched(
        starts, stops, courses, offsets, middles, 30.0, 12.0
    )
    assert len(pairs) == len({tuple(p) for p in pairs.tolist()})


PLACES = st.tuples(*[st.integers(-50, 50).map(float)] * 4).filter(lambda p: p[:2] != p[2:])


@settings(deadline=None, max_examples=100)
@given(
    st.lists(PLACES, min_size=2, max_size=6), st.lists(PLACES, min_size=1, max_size=8), st.floats(0.5, 20.0)
)
def test_a_leg_is_crossed_where_a_slanting_line_is_as_near_as_shapely_says(ends, legs, reach):
    starts, stops, courses, _, _, _ = lines_of(ends)
    lines = np.sort(np.arange(len(legs)) % len(ends))
    got = crossed(np.array(legs), lines, starts, stops, courses, reach, SLANT)
    tracks = shapely.linestrings(np.stack([starts, stops], axis=1))
    for leg, line, met in zip(legs, lines, got, strict=True):
        sines = np.abs(courses[line, 0] * courses[:, 1] - courses[line, 1] * courses[:, 0])
        apart = shapely.distance(shapely.LineString([leg[:2], leg[2:]]), tracks)[sines > SLANT]
        if len(apart) and abs(apart - reach).min() < 1e-6:
            continue  # as far away as asked, but for rounding
        assert met == bool((apart <= reach).any())
