import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.siting.confidence import ConfidenceParams, Cover, draw_weights, greedy_order, rank_intervals
from gis.siting.fairness import capacity_in_reach, correlation, reach, weighted_percentile
from gis.siting.ways import Distances


def apart(weights):
    """One site for each demand point; nothing shared."""
    own = np.arange(len(weights))
    return Cover(own, own, np.ones(len(own)), np.zeros(len(own)))


def intervals(people, excess, sigma, **changed):
    params = ConfidenceParams(**changed)
    places = np.column_stack([np.arange(len(people)) * 1000.0, np.zeros(len(people))])
    drawn = draw_weights(np.array(people), np.array(excess), np.full(len(people), sigma), places, params)
    return rank_intervals(apart(people), np.arange(len(people)), len(people), drawn, params)


def test_without_any_doubt_a_rank_is_one_number():
    found = intervals([30.0, 20.0, 10.0], [5.0, 5.0, 5.0], 0.0, people_share=0.0)
    assert found.low.tolist() == found.high.tolist() == [1, 2, 3]
    assert found.tied == ((), (), ())
    assert found.again.tolist() == [1.0, 1.0, 1.0]


def test_two_sites_that_differ_by_less_than_the_doubt_are_tied():
    found = intervals([100.0, 99.0, 1.0], [5.0, 5.0, 5.0], 1.0)
    assert found.tied == ((1,), (0,), ())
    assert (found.low[0], found.high[0]) == (1, 2)
    assert (found.low[2], found.high[2]) == (3, 3)


def test_more_doubt_never_gives_a_narrower_interval():
    people, excess = np.linspace(10, 60, 8), np.full(8, 6.0)
    widths = [
        (found.high - found.low).sum()
        for found in (intervals(people, excess, s, people_share=0.0) for s in (0.1, 1.0, 4.0))
    ]
    assert widths == sorted(widths)


def test_the_same_seed_draws_the_same_and_another_one_does_not():
    places = np.zeros((3, 2))
    one, two, other = (
        draw_weights(np.ones(3), np.full(3, 5.0), np.ones(3), places, ConfidenceParams(draws=5, seed=s))
        for s in (1, 1, 2)
    )
    assert np.array_equal(one, two)
    assert not np.array_equal(one, other)


def test_neighbours_share_the_maps_error_and_far_places_do_not():
    places = np.array([[0.0, 0.0], [0.01, 0.0], [5000.0, 0.0]])
    params = ConfidenceParams(draws=400, people_share=0.0, block_m=50.0)
    drawn = draw_weights(np.ones(3), np.full(3, 20.0), np.ones(3), places, params)
    together = np.corrcoef(drawn.T)
    assert together[0, 1] > 0.99
    assert abs(together[0, 2]) < 0.2
    assert drawn.mean() == pytest.approx(20.0, abs=0.2)
    assert drawn[:, 2].std() == pytest.approx(1.0, abs=0.15)


def test_what_is_unknown_weighs_nothing_in_every_draw():
    drawn = draw_weights(
        np.array([np.nan, 5.0]),
        np.array([3.0, np.nan]),
        np.ones(2),
        np.zeros((2, 2)),
        ConfidenceParams(draws=9),
    )
    assert not drawn.any()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_greedy_gains_fall_and_add_up_to_what_is_covered(seed):
    rng = np.random.default_rng(seed)
    share = rng.random((6, 15)) * (rng.random((6, 15)) < 0.5)
    site, demand = np.nonzero(share)
    weights = rng.uniform(1, 9, 15)
    cover = Cover(site, demand, share[site, demand], np.zeros(15))
    order = greedy_order(cover, weights, 6, 6)
    gains = [gain for _, gain in order]
    assert gains == sorted(gains, reverse=True)
    assert sum(gains) == pytest.approx((weights * share.max(axis=0)).sum())
    assert sorted(site for site, _ in order) == list(range(6))


def test_impossible_confidence_parameters_are_refused():
    with pytest.raises(ValueError, match="draws must be at least 1, got 0"):
        ConfidenceParams(draws=0)
    with pytest.raises(ValueError, match="level must be"):
        ConfidenceParams(level=1.0)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=12), st.integers(0, 10_000), st.floats(1, 100))
def test_a_weighted_percentile_is_that_of_everybody_written_out(heads, seed, percentile):
    values = np.random.default_rng(seed).integers(0, 50, len(heads)).astype(float)
    everybody = np.repeat(values, heads)
    expected = np.percentile(everybody, percentile, method="inverted_cdf")
    assert weighted_percentile(values, np.array(heads, float), percentile) == expected


def test_reach_counts_people_not_points():
    found = reach(np.array([100.0, 400.0, np.inf]), np.array([8.0, 1.0, 1.0]), radius_m=300, limit_m=1000)
    assert (found.mean_m, found.p90_m) == (pytest.approx(220.0), 400.0)
    assert (found.within, found.beyond_limit) == (0.8, 0.1)
    assert reach(np.zeros(2), np.array([np.nan, 0.0]), radius_m=1, limit_m=2) is None


def test_capacity_in_reach_adds_up_known_places_within_the_radius():
    ways = Distances(
        np.array([0, 1, 2, 0]), np.array([0, 0, 0, 1]), np.array([10.0, 20, 30, 500]), 1000, "walking"
    )
    capacity = np.array([50.0, np.nan, 7.0])
    assert capacity_in_reach(ways, capacity, 300.0, 2).tolist() == [57.0, 0.0]


def test_a_correlation_that_is_not_defined_is_not_given():
    assert correlation(np.array([1.0, 2, 3]), np.array([2.0, 4, 6.5])) == pytest.approx(0.9979, abs=1e-4)
    assert correlation(np.array([1.0, 1, 1]), np.array([1.0, 2, 3])) is None
    assert correlation(np.array([1.0, np.nan, 3]), np.array([1.0, 2, 3])) is None


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_gains_worked_out_again_only_where_they_change_are_those_worked_out_afresh(seed):
    rng = np.random.default_rng(seed)
    share = (rng.random((7, 20)) * (rng.random((7, 20)) < 0.4)).round(2)
    site, demand = np.nonzero(share)
    weights, held = rng.uniform(0, 9, 20), (rng.random(20) * 0.5).round(2)
    expected, now = [], held.copy()
    left = list(range(7))
    for _ in range(5):
        gains = {k: (weights * np.maximum(share[k] - now, 0)).sum() for k in left}
        best = max(left, key=lambda k: (round(gains[k], 9), -k))
        expected.append(gains[best])
        now = np.maximum(now, share[best])
        left.remove(best)
    found = greedy_order(Cover(site, demand, share[site, demand], held), weights, 7, 5)
    assert [gain for _, gain in found] == pytest.approx(expected, abs=1e-9)
