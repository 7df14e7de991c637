import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.siting.weights import ahp, component_weights, entropy_weights, ranked, scaled

NAMES = ("heat", "people", "seniors", "gap")


def pairwise(weights):
    return (np.array(weights)[:, None] / np.array(weights)).tolist()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(1, 9), min_size=2, max_size=8))
def test_judgements_made_from_weights_give_them_back(weights):
    names = [str(k) for k in range(len(weights))]
    found = ahp(names, pairwise(weights))
    assert found.weights == pytest.approx(np.array(weights) / sum(weights))
    assert found.ratio == pytest.approx(0.0, abs=1e-9)
    assert found.worst is None


def test_saatys_example_of_buying_a_house_has_its_published_weights():
    # Saaty (1987), eight criteria: lambda 9.669, consistency ratio 0.169
    matrix = [
        [1, 5, 3, 7, 6, 6, 1 / 3, 1 / 4],
        [1 / 5, 1, 1 / 3, 5, 3, 3, 1 / 5, 1 / 7],
        [1 / 3, 3, 1, 6, 3, 4, 6, 1 / 5],
        [1 / 7, 1 / 5, 1 / 6, 1, 1 / 3, 1 / 4, 1 / 7, 1 / 8],
        [1 / 6, 1 / 3, 1 / 3, 3, 1, 1 / 2, 1 / 5, 1 / 6],
        [1 / 6, 1 / 3, 1 / 4, 4, 2, 1, 1 / 5, 1 / 6],
        [3, 5, 1 / 6, 7, 5, 5, 1, 1 / 2],
        [4, 7, 5, 8, 6, 6, 2, 1],
    ]
    found = ahp([str(k) for k in range(8)], matrix, insist=True)
    published = [0.173, 0.054, 0.188, 0.018, 0.031, 0.036, 0.167, 0.333]
    assert found.weights == pytest.approx(published, abs=1.5e-3)
    assert found.ratio == pytest.approx(0.169, abs=2e-3)
    assert not found.consistent
    assert (found.worst.first, found.worst.second) == ("2", "6")


def test_contradicting_judgements_are_refused_and_the_worst_one_is_named():
    matrix = pairwise([4, 3, 2, 1])
    matrix[0][3], matrix[3][0] = 1 / 9, 9
    with pytest.raises(ValueError, match=r"consistency ratio .* 'heat' to 'gap', said 0\.111, .*imply 4;"):
        ahp(NAMES, matrix)
    assert ahp(NAMES, matrix, insist=True).ratio > 0.1


@pytest.mark.parametrize(
    ("names", "matrix", "problem"),
    [
        (("a",), [[1]], "criteria must be 2 to 10, got 1"),
        (("a", "a"), [[1, 2], [0.5, 1]], "must differ"),
        (("a", "b"), [[1, 2]], "2 rows of 2 numbers"),
        (("a", "b"), [[1, 0], [1, 1]], "'a' to 'b' must be positive, got 0"),
        (("a", "b"), [[1, 2], [2, 1]], "'a' to 'b' is 2, so the other way round must be 0.5, got 2"),
        (("a", "b"), [[1, float("nan")], [2, 1]], "must be positive, got nan"),
    ],
)
def test_a_matrix_that_is_none_is_refused_with_the_pair(names, matrix, problem):
    with pytest.raises(ValueError, match=problem):
        ahp(names, matrix)


def test_a_column_that_tells_sites_apart_weighs_more_than_an_even_one():
    table = np.column_stack([[0.0, 0, 0, 0, 9], [1.0, 2, 3, 4, 5], np.full(5, 7.0)])
    found = entropy_weights(table)
    assert found[0] > found[1] > found[2] == 0
    assert found.sum() == pytest.approx(1.0)


def test_two_columns_that_say_the_same_weigh_more_than_one_that_says_something_else():
    rng = np.random.default_rng(3)
    one = rng.normal(size=60)
    found = component_weights(np.column_stack([one, one + 0.01 * rng.normal(size=60), rng.normal(size=60)]))
    assert found[0] == pytest.approx(found[1], abs=0.02)
    assert found[2] < 0.1


def test_without_any_spread_all_criteria_weigh_the_same():
    assert entropy_weights(np.ones((4, 2))).tolist() == [0.5, 0.5]
    assert component_weights(np.ones((4, 2))).tolist() == [0.5, 0.5]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=12))
def test_a_rank_is_one_more_than_how_many_are_better(scores):
    assert ranked(np.array(scores, float)).tolist() == [
        1 + sum(other > one for other in scores) for one in scores
    ]


def test_scaled_columns_run_from_nought_to_one_and_unknown_counts_as_nought():
    assert scaled(np.array([[2.0, np.nan], [4.0, 1.0]])).tolist() == [[0, 0], [1, 1]]
