"""Rows of an array put in order, held against numpy's own sort."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from missions.survey.ordering import sort_rows

NUMBERS = st.lists(st.floats(-1e6, 1e6), max_size=40)


@settings(deadline=None)
@given(NUMBERS, st.integers(1, 12))
def test_keys_end_in_order_and_take_their_rows_along(keys, times):
    keys = np.array(keys * times, float)
    rows = np.stack([keys, np.arange(len(keys), dtype=float)], axis=1)
    sort_rows(rows, len(rows))
    assert np.array_equal(rows[:, 0], np.sort(keys))
    assert np.array_equal(keys[rows[:, 1].astype(int)], rows[:, 0])


@settings(deadline=None)
@given(st.lists(st.integers(0, 5), max_size=40))
def test_few_rows_of_one_key_keep_their_order(keys):
    rows = np.stack([np.array(keys, float), np.arange(len(keys), dtype=float)], axis=1)
    wanted = rows[np.argsort(rows[:, 0], kind="stable")]
    sort_rows(rows, len(rows))
    assert np.array_equal(rows, wanted)


def test_rows_beyond_the_count_stay():
    rows = np.array([[3.0], [1.0], [2.0], [0.0]])
    sort_rows(rows, 3)
    assert rows[:, 0].tolist() == [1.0, 2.0, 3.0, 0.0]
