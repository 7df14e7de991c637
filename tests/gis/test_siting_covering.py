import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.siting.covering import greedy, improve, objective_of, solve_mclp
from gis.siting.coverrows import cover_rows
from gis.siting.pcenter import solve_pcenter
from gis.siting.pmedian import solve_pmedian


def made(seed, demands=14, sites=8, steps=3):
    """(weights, share (sites, demands) in {0, 1/steps, ..., 1}, existing share)."""
    rng = np.random.default_rng(seed)
    share = rng.integers(0, steps + 1, (sites, demands)) / steps * (rng.random((sites, demands)) < 0.5)
    existing = rng.integers(0, 2, demands) / steps
    return rng.integers(1, 30, demands).astype(float), share, existing


def rows_of(weights, share, existing=None):
    site, demand = np.nonzero(share)
    return cover_rows(weights, site, demand, share[site, demand], sites=len(share), existing=existing)


def worth(weights, share, existing, chosen):
    return float((weights * np.maximum(share[list(chosen)].max(axis=0), existing)).sum())


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 100_000), st.integers(1, 4))
def test_the_chosen_sites_cover_as_much_as_the_best_of_all_choices(seed, count):
    weights, share, existing = made(seed)
    best = max(worth(weights, share, existing, c) for c in itertools.combinations(range(8), count))
    found = solve_mclp(rows_of(weights, share, existing), count)
    assert found.objective == pytest.approx(best)
    assert found.bound == pytest.approx(best)
    assert found.gap == 0.0
    assert len(found.sites) <= count


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 100_000), st.sets(st.integers(0, 7), min_size=1))
def test_rows_say_of_any_choice_what_partial_cover_says(seed, chosen):
    weights, share, existing = made(seed)
    rows = rows_of(weights, share, existing)
    assert objective_of(rows, np.array(sorted(chosen))) == pytest.approx(
        worth(weights, share, existing, chosen)
    )


def test_rows_with_the_same_sites_are_merged():
    share = np.ones((2, 50))
    rows = rows_of(np.arange(50, dtype=float), share)
    assert rows.reach.shape == (1, 2)
    assert rows.weights.tolist() == [sum(range(50))]


def test_swaps_never_make_it_worse_and_may_beat_greedy():
    # greedy takes the middle site first and then cannot reach both ends
    share = np.array([[0, 1, 1, 1, 1, 0], [1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]], float)
    rows = rows_of(np.ones(6), share)
    first = greedy(rows, 2)
    better = improve(rows, first, seconds=5)
    assert objective_of(rows, np.array(first)) == 5
    assert objective_of(rows, np.array(better)) == 6


def test_when_time_is_up_the_bound_still_holds():
    rng = np.random.default_rng(1)
    share = (rng.random((60, 400)) < 0.05).astype(float)
    weights = rng.integers(1, 100, 400).astype(float)
    clock = itertools.count(0, 100)
    hurried = solve_mclp(rows_of(weights, share), 8, seconds=1.0, now=lambda: float(next(clock)))
    relaxed = solve_mclp(rows_of(weights, share), 8, seconds=60.0)
    assert hurried.objective <= relaxed.objective + 1e-6
    assert hurried.bound >= relaxed.objective - 1e-6
    assert hurried.gap == pytest.approx((hurried.bound - hurried.objective) / hurried.objective)


def test_when_everything_is_covered_no_site_is_added_for_its_own_sake():
    found = solve_mclp(rows_of(np.ones(3), np.ones((4, 3))), 3)
    assert (len(found.sites), found.objective, found.gap) == (1, 3.0, 0.0)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 100_000), st.integers(1, 4), st.booleans())
def test_p_median_is_the_best_of_all_choices(seed, count, whole):
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, 100, (11, 2))
    cost = np.linalg.norm(points[:, None] - points, axis=2) * rng.integers(1, 9, 11)[:, None]
    cost = np.round(cost) if whole else cost
    best = min(cost[:, list(c)].min(axis=1).sum() for c in itertools.combinations(range(11), count))
    found = solve_pmedian(cost, count)
    assert found.objective == pytest.approx(best)
    assert found.bound == pytest.approx(best)
    assert len(found.sites) == count


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 100_000), st.integers(1, 5))
def test_p_center_is_the_best_of_all_choices(seed, count):
    rng = np.random.default_rng(seed)
    metres = rng.integers(1, 60, (12, 9)).astype(float)
    best = min(metres[:, list(c)].min(axis=1).max() for c in itertools.combinations(range(9), count))
    found = solve_pcenter(metres, count)
    assert (found.objective, found.bound, found.gap) == (best, best, 0.0)
    assert len(set(found.sites)) == count


def test_an_impossible_count_is_refused():
    with pytest.raises(ValueError, match="count must be at least 1, got 0"):
        solve_mclp(rows_of(np.ones(3), np.ones((4, 3))), 0)
    with pytest.raises(ValueError, match=r"count must be in 1\.\.3, got 4"):
        solve_pmedian(np.ones((3, 3)), 4)
    with pytest.raises(ValueError, match=r"count must be in 1\.\.3, got 4"):
        solve_pcenter(np.ones((3, 3)), 4)


def test_a_gap_is_infinite_when_nothing_is_covered_but_something_could_be():
    from gis.siting.covering import Solution

    assert math.isinf(Solution((), 0.0, 5.0, "x", 0.0).gap)
    assert Solution((), 0.0, 0.0, "x", 0.0).gap == 0.0
