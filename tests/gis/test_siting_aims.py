"""Set covering, capacities and the worst-off, each against all choices of a small made town."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from gis.siting.capacitated import Served, solve_capacitated
from gis.siting.covering import objective_of, solve_mclp
from gis.siting.coverrows import CoverRows, cover_rows
from gis.siting.dominance import undominated
from gis.siting.setcover import solve_set_cover
from gis.siting.ways import Distances
from gis.siting.worstoff import WorstOff, frontier, most_within

SITES, DEMANDS = 7, 12


def town(seed, reach_m=35.0):
    """(metres (demands, sites), heads, cover rows within reach)."""
    rng = np.random.default_rng(seed)
    people, places = rng.uniform(0, 100, (DEMANDS, 2)), rng.uniform(0, 100, (SITES, 2))
    metres = np.linalg.norm(people[:, None] - places, axis=2)
    heads = rng.integers(1, 40, DEMANDS).astype(float)
    demand, site = np.nonzero(metres <= reach_m)
    return metres, heads, cover_rows(heads, site, demand, np.ones(len(site)), sites=SITES)


def choices(count, sites=SITES):
    return [np.array(c, int) for n in range(count + 1) for c in itertools.combinations(range(sites), n)]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 100_000), st.sampled_from([0.3, 0.8, 1.0]))
def test_no_smaller_set_of_sites_covers_the_share(seed, share):
    _, _, rows = town(seed)
    needed = share * rows.weights.sum() * (1 - 1e-9)
    fewest = min(len(c) for c in choices(SITES) if objective_of(rows, c) >= needed)
    found = solve_set_cover(rows, share=share)
    assert (found.objective, found.bound, found.gap) == (fewest, fewest, 0.0)
    assert objective_of(rows, np.array(found.sites, int)) >= needed


def test_what_existing_places_cover_counts_towards_the_share():
    rows = cover_rows(
        np.array([60.0, 40.0]), np.array([0]), np.array([1]), np.ones(1), sites=1,
        existing=np.array([1.0, 0.0]),
    )  # fmt: skip
    assert solve_set_cover(rows, share=0.6).sites == ()
    assert solve_set_cover(rows, share=0.7).sites == (0,)


def served_by(metres, heads, capacity, opened, reach_m=35.0):
    """The most people that open sites can take, by one transport problem over all pairs."""
    pairs = [(i, j) for i in range(DEMANDS) for j in opened if metres[i, j] <= reach_m]
    if not pairs:
        return 0.0
    rows = [[heads[i] * (j == k) for i, j in pairs] for k in opened]
    rows += [[float(i == k) for i, _ in pairs] for k in range(DEMANDS)]
    limits = [capacity[k] for k in opened] + [1.0] * DEMANDS
    return -linprog([-heads[i] for i, _ in pairs], A_ub=rows, b_ub=limits, bounds=(0, 1)).fun


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 100_000), st.integers(1, 3))
def test_full_sites_turn_people_away_and_no_choice_serves_more(seed, count):
    metres, heads, _ = town(seed)
    capacity = np.random.default_rng(seed).integers(0, 60, SITES).astype(float)
    demand, site = np.nonzero(metres <= 35.0)
    served = Served(site, demand, np.ones(len(site)), heads, heads, capacity)
    best = max(served_by(metres, heads, capacity, c.tolist()) for c in choices(count))
    found = solve_capacitated(served, count)
    assert found.objective == pytest.approx(best, abs=1e-6)
    assert found.bound == pytest.approx(best, rel=1e-6, abs=1e-6)


def test_what_stands_already_serves_before_new_sites_do():
    heads, capacity = np.array([10.0, 10.0]), np.array([10.0, 10.0, 10.0])
    served = Served(np.array([0, 1, 2]), np.array([0, 0, 1]), np.ones(3), heads, heads, capacity, standing=1)
    found = solve_capacitated(served, 1)
    assert (found.sites, found.objective) == ((2,), pytest.approx(20.0))


def worst_of(metres, heads, held, sites, share):
    nearest = np.minimum(held, metres[:, sites].min(axis=1) if len(sites) else np.inf)
    return np.quantile(np.repeat(nearest, heads.astype(int)), share, method="inverted_cdf")


def worst_off(metres, heads, held, share):
    demand, site = np.nonzero(metres < 1e9)
    return WorstOff(Distances(site, demand, metres[demand, site], 1e9, "straight"), held, heads, share)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 100_000), st.integers(1, 3), st.sampled_from([0.8, 1.0]))
def test_the_plan_kind_to_the_worst_off_covers_as_much_as_any_such_plan(seed, count, share):
    metres, heads, rows = town(seed)
    held = np.random.default_rng(seed).uniform(20, 150, DEMANDS)
    limit = float(np.quantile(metres.min(axis=1), 0.9)) + 10
    fitting = [c for c in choices(count) if worst_of(metres, heads, held, c, share) <= limit]
    worst = worst_off(metres, heads, held, share)
    found = most_within(rows, worst, count, limit, seconds=30, now=lambda: 0.0)
    if not fitting:
        assert found is None
        return
    best = max(objective_of(rows, c) for c in fitting)
    assert (found.objective, found.bound) == (best, best)
    assert worst.metres(np.array(found.sites, int)) <= limit


def test_along_the_frontier_the_worst_off_walk_less_and_no_more_is_covered():
    metres, heads, rows = town(5)
    worst = worst_off(metres, heads, np.full(DEMANDS, np.inf), 1.0)
    efficient = solve_mclp(rows, 3)
    plans = frontier(rows, worst, 3, efficient, points=5, now=lambda: 0.0)
    assert plans[0].solution is efficient
    assert len(plans) >= 3
    assert [p.metres for p in plans] == sorted({p.metres for p in plans}, reverse=True)
    covered = [p.solution.objective for p in plans]
    assert covered == sorted(covered, reverse=True)
    kindest = min(metres[:, c].min(axis=1).max() for c in choices(3) if len(c))
    assert plans[-1].metres >= kindest - 1e-9


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 100_000), st.integers(1, 3))
def test_leaving_out_dominated_sites_never_costs_cover(seed, count):
    _, _, rows = town(seed, 60.0)
    kept = undominated(rows)
    slim = CoverRows(rows.weights, rows.reach[:, kept], rows.always)
    best = max(objective_of(rows, c) for c in choices(count))
    assert max(objective_of(slim, c) for c in choices(count, len(kept))) == best


@pytest.mark.parametrize("bad", [-1.0, math.nan, math.inf])
def test_impossible_numbers_are_named(bad):
    two = np.ones(2)
    with pytest.raises(ValueError, match=rf"people\[1\] must be a number of at least 0, got {bad}"):
        Served(np.array([0]), np.array([0]), np.ones(1), np.array([1.0, bad]), two, np.ones(1))
    with pytest.raises(ValueError, match=rf"weights\[1\] must be a number of at least 0, got {bad}"):
        cover_rows(np.array([1.0, bad]), np.array([0]), np.array([0]), np.ones(1), sites=1)
    with pytest.raises(ValueError, match=r"share must be in \(0, 1\]"):
        solve_set_cover(town(1)[2], share=bad)
