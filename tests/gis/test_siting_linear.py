"""Bounds that rounding cannot lift, against exact fractions and all choices; the tree that stands on them."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from gis.siting.branching import Search
from gis.siting.confidence import ConfidenceParams, Cover, Setting, ranks_over
from gis.siting.coverhunt import Hunt, merged
from gis.siting.coverrows import cover_rows, objective_of
from gis.siting.linear import LinearModel, relax, safe_bound
from gis.siting.medianbound import MedianModel


def model_of(seed, columns=7, rows=5, scale=1.0):
    rng = np.random.default_rng(seed)
    matrix = rng.uniform(-1, 1, (rows, columns)) * (rng.random((rows, columns)) < 0.6)
    cost = rng.uniform(-1, 1, columns) * scale
    return LinearModel(cost, csr_array(matrix), rng.uniform(0, 1, rows), columns)


def exact_bound(model, prices):
    """The same Lagrange bound in fractions, over 0 <= x <= 1."""
    matrix = model.matrix.toarray()
    total = -sum(Fraction(p) * Fraction(b) for p, b in zip(prices, model.limit, strict=True))
    for column in range(model.columns):
        reduced = Fraction(model.cost[column])
        reduced += sum(Fraction(p) * Fraction(a) for p, a in zip(prices, matrix[:, column], strict=True))
        total += min(reduced, Fraction(0))
    return total


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 100_000), st.sampled_from([1e-9, 1.0, 1e12]))
def test_a_bound_never_lies_above_what_exact_fractions_give(seed, scale):
    model = model_of(seed, scale=scale)
    prices = np.random.default_rng(seed + 1).uniform(0, scale, len(model.limit))
    found = safe_bound(model, np.zeros(7), np.ones(7), prices).bound
    exact = exact_bound(model, prices.tolist())
    assert Fraction(found) <= exact
    assert found == pytest.approx(float(exact), rel=1e-9, abs=1e-9 * scale)


def cheapest(model):
    costs = [
        float(model.cost @ x)
        for x in map(np.array, itertools.product((0.0, 1.0), repeat=model.columns))
        if (model.matrix @ x <= model.limit + 1e-12).all()
    ]
    return min(costs, default=math.inf)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 100_000))
def test_the_tree_ends_at_the_cheapest_of_all_choices(seed):
    model = model_of(seed)

    def tried(share):
        x = np.round(share)
        fits = (model.matrix @ x <= model.limit + 1e-12).all()
        return np.flatnonzero(x > 0.5), float(model.cost @ x) if fits else math.inf

    proof = Search(model, math.inf, step=0.0, tried=tried).run(seconds=60)
    assert proof.settled
    assert proof.cost == pytest.approx(cheapest(model), abs=1e-9)
    assert proof.bound == pytest.approx(proof.cost, abs=1e-7)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 100_000))
def test_a_relaxation_never_costs_more_than_the_cheapest_choice(seed):
    model = model_of(seed)
    found = relax(model, np.zeros(7), np.ones(7))
    assert found is None or found.bound <= cheapest(model) + 1e-12


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 100_000), st.integers(1, 3), st.sets(st.integers(0, 7), max_size=1))
def test_a_median_bound_never_lies_above_the_best_choice_that_its_limits_allow(seed, count, opened):
    cost = np.random.default_rng(seed).uniform(0, 50, (9, 8))
    every = [c for c in itertools.combinations(range(8), count) if opened <= set(c)]
    best = min(cost[:, list(c)].min(axis=1).sum() for c in every)
    lower = np.isin(np.arange(8), list(opened)).astype(float)
    found = MedianModel(cost, count, best).relaxed(lower, np.ones(8), None, seconds=1)
    assert found.bound <= best
    assert found.bound > 0.5 * best


def hunted(seed):
    rng = np.random.default_rng(3)
    demand, site = np.nonzero(rng.random((300, 40)) < 0.08)
    rows = cover_rows(rng.integers(1, 50, 300).astype(float), site, demand, np.ones(len(site)), sites=40)
    hunt = Hunt(rows, np.arange(6), seed)
    for _ in range(3):
        hunt.round()
    return rows, hunt


def test_a_search_with_the_same_seed_finds_the_same_and_merging_never_loses():
    rows, hunt = hunted(1)
    assert hunt.elites == hunted(1)[1].elites
    value, sites = hunt.best
    assert value == objective_of(rows, sites) > objective_of(rows, np.arange(6))
    together = merged(rows, hunt.elites, 6, 10.0)
    assert len(together) <= 6
    assert objective_of(rows, together) >= value - 1e-9


def test_units_that_turn_an_order_make_its_sites_tied_and_the_first_place_unsure():
    own = np.arange(3)
    cover = Cover(own, own, np.ones(3), np.zeros(3))
    places = np.column_stack([own * 1000.0, np.zeros(3)])

    def setting(people):
        return Setting(cover, np.array(people), np.full(3, 4.0), np.zeros(3), places)

    params = ConfidenceParams(draws=40, people_share=0.0)
    sure = ranks_over([setting([9.0, 5.0, 1.0])], own, 3, params)
    assert sure.stability.tolist() == [1.0, 1.0, 1.0]
    turned = ranks_over([setting([9.0, 5.0, 1.0]), setting([5.0, 9.0, 1.0])], own, 3, params)
    assert turned.tied == ((1,), (0,), ())
    assert turned.stability.tolist() == [0.5, 1.0, 1.0]
    assert turned.taken.tolist() == [1.0, 1.0, 1.0]
