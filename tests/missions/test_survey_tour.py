import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from missions.survey.mending import mended, shaken, ways_of
from missions.survey.tour import QUICK, best_directions, best_tour, nearest_tour, row_by_row, tour_seconds

FAR_S = 1e7


def took(table, tour):
    return float(tour_seconds(table, np.array(tour, np.int64)))


def added_up(table, tour):
    """The tour's time, written down as one would by hand."""
    home = len(table) - 1
    stops = [home, *tour, home]
    return sum(table[one, two] for one, two in itertools.pairwise(stops)) if tour else 0.0


def strips(lines, seed, wind=0.4):
    """Times between lines strewn about, with a wind along x: going with it is quicker than against it."""
    rng = np.random.default_rng(seed)
    middles, turns = rng.uniform(0.0, 100.0, (lines, 2)), rng.uniform(0.0, np.pi, lines)
    halves = rng.uniform(2.0, 30.0, (lines, 1)) * np.stack([np.cos(turns), np.sin(turns)], axis=1)
    begins = np.stack([middles - halves, middles + halves], axis=1).reshape(-1, 2)
    ends = np.stack([middles + halves, middles - halves], axis=1).reshape(-1, 2)
    begins, ends = np.vstack([begins, [0.0, 0.0]]), np.vstack([ends, [0.0, 0.0]])
    way, run = begins[None] - ends[:, None], ends - begins
    return timed(way, wind) + timed(run, wind)[None]


def timed(way, wind):
    return np.hypot(way[..., 0], way[..., 1]) - wind * way[..., 0] + 1e-3


def all_tours(lines):
    for order in itertools.permutations(range(lines)):
        for ways in itertools.product((0, 1), repeat=lines):
            yield [2 * k + way for k, way in zip(order, ways, strict=True)]


def firsts(table):
    lines = list(range(len(table) // 2))
    return [nearest_tour(table), best_directions(table, lines), row_by_row(lines, [0.0] * len(lines))]


@pytest.mark.parametrize("lines", [0, 1, 2, 3])
@pytest.mark.parametrize("work", [0.0, QUICK])
def test_up_to_three_lines_are_flown_in_the_best_of_all_ways(lines, work):
    for seed in range(5):
        table = np.random.default_rng(seed).uniform(1.0, 9.0, (2 * lines + 1, 2 * lines + 1))
        found = best_tour(table, firsts(table), work=work)
        assert took(table, found) == pytest.approx(min(added_up(table, t) for t in all_tours(lines)))


@pytest.mark.parametrize("seed", range(12))
def test_five_strips_in_wind_are_flown_in_the_best_of_all_ways(seed):
    table = strips(5, seed)
    best = min(added_up(table, t) for t in all_tours(5))
    assert took(table, best_tour(table, firsts(table))) == pytest.approx(best)


@pytest.mark.parametrize("seed", range(6))
def test_ten_strips_are_flown_as_the_exact_recursion_says(seed):
    """Held and Karp's recursion over sets of lines, with two nodes for each line."""
    table = strips(10, seed, wind=0.2)
    assert took(table, best_tour(table, firsts(table))) == pytest.approx(shortest(table), rel=1e-3)


def shortest(table):
    lines, home = len(table) // 2, len(table) - 1
    least = {(1 << (node // 2), node): table[home, node] for node in range(2 * lines)}
    for _ in range(lines - 1):
        longer = {}
        for (seen, node), cost in least.items():
            for after in range(2 * lines):
                if not seen >> (after // 2) & 1:
                    key, more = (seen | 1 << (after // 2), after), cost + table[node, after]
                    longer[key] = min(more, longer.get(key, np.inf))
        least = longer
    return min(cost + table[node, home] for (_, node), cost in least.items())


@settings(max_examples=30, deadline=None)
@given(st.integers(4, 30), st.integers(0, 10_000), st.booleans(), st.sampled_from([0.0, QUICK]))
def test_every_line_is_flown_once_and_no_slower_than_in_any_tour_given(lines, seed, strewn, work):
    rng = np.random.default_rng(seed)
    table = strips(lines, seed) if strewn else rng.uniform(1.0, 9.0, (2 * lines + 1, 2 * lines + 1))
    given_tours = [*firsts(table), [2 * int(k) + int(rng.integers(2)) for k in rng.permutation(lines)]]
    found = best_tour(table, given_tours, work=work)
    assert sorted(node // 2 for node in found) == list(range(lines))
    assert all(isinstance(node, int) for node in found)
    assert added_up(table, found) <= min(added_up(table, t) for t in given_tours) + 1e-9


@settings(max_examples=30, deadline=None)
@given(st.integers(4, 20), st.integers(0, 10_000))
def test_a_mended_tour_is_no_slower_by_its_own_sums(lines, seed):
    """What the moves are said to gain is gained: running sums both ways agree with the table."""
    table = strips(lines, seed)
    tour = np.random.default_rng(seed).permutation(lines) * 2
    ways = ways_of(table)
    once = mended(ways, tour)
    assert added_up(table, once.tolist()) <= added_up(table, tour.tolist()) + 1e-6
    again = shaken(ways, once, 50, 1e9, 1)
    assert added_up(table, again.tolist()) <= added_up(table, once.tolist()) + 1e-6


@settings(max_examples=20, deadline=None)
@given(st.integers(4, 12), st.integers(0, 10_000), st.floats(0.05, 0.6))
def test_ways_that_do_not_exist_are_left_out_if_a_given_tour_leaves_them_out(lines, seed, share):
    table = strips(lines, seed)
    rng = np.random.default_rng(seed)
    sound = [2 * int(k) + int(rng.integers(2)) for k in rng.permutation(lines)]
    shut = rng.random(table.shape) < share
    stops = [2 * lines, *sound, 2 * lines]
    shut[stops[:-1], stops[1:]] = False
    table[shut] = FAR_S
    found = best_tour(table, [*firsts(table), sound])
    assert sorted(node // 2 for node in found) == list(range(lines))
    assert added_up(table, found) <= added_up(table, sound) + 1e-9


def test_a_table_without_any_way_still_gives_each_line_once():
    table = np.full((13, 13), FAR_S)
    assert sorted(node // 2 for node in best_tour(table, firsts(table))) == list(range(6))


def test_mending_ends_though_most_ways_do_not_exist():
    """Sums of a thousand million seconds are rounded to more than the least gain."""
    table = strips(120, 5)
    table[np.random.default_rng(5).random(table.shape) < 0.9] = FAR_S
    tour = np.arange(0, 240, 2)
    assert sorted(mended(ways_of(table), tour) // 2) == list(range(120))


def test_a_comb_flown_in_the_wrong_phase_is_turned_line_by_line():
    """Home lies by the first line's far end: every line must be flown the other way, in the same order."""
    lines, length = 12, 100.0
    x = np.repeat(np.arange(lines) * 5.0, 2)
    low = np.tile([0.0, length], lines)
    begins, ends = np.stack([x, low], axis=1), np.stack([x, length - low], axis=1)
    home = [[0.0, length]]
    table = timed(np.vstack([begins, home])[None] - np.vstack([ends, home])[:, None], 0.0)
    wrong = [2 * k + k % 2 for k in range(lines)]
    right = [2 * k + 1 - k % 2 for k in range(lines)]
    assert added_up(table, best_tour(table, [wrong], work=QUICK)) <= added_up(table, right) + 1e-6


def test_more_work_finds_no_slower_tours_on_the_whole():
    spent = [
        sum(took(t, best_tour(t, firsts(t), work=work)) for t in (strips(40, seed) for seed in range(4)))
        for work in (0.0, QUICK, 10.0 * QUICK)
    ]
    assert spent == sorted(spent, reverse=True)


def test_the_same_seed_gives_the_same_tour():
    table = strips(30, 3)
    tours = [best_tour(table, firsts(table), seed=seed, work=QUICK) for seed in (1, 1, 2)]
    assert tours[0] == tours[1]
    assert sorted(node // 2 for node in tours[2]) == list(range(30))


def test_the_times_given_are_left_as_they_were():
    table = strips(8, 1)
    before, tour = table.copy(), list(range(0, 16, 2))
    best_tour(table, [tour])
    assert (table == before).all()
    assert tour == list(range(0, 16, 2))
