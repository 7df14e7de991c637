"""Putting in order what compiled loops work with: quick to compile, and quick for the few that most are."""

import numba

from core.geo import FloatArray


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def sort_rows(rows: FloatArray, count: int) -> None:
    """Put the first rows of an array in the order of their first column (Shell 1959); few keep their order
    where they are equal.
    """
    gap = 1
    while 3 * gap + 1 < count // 12:
        gap = 3 * gap + 1
    while gap > 0:
        for k in range(gap, count):
            m = k
            while m >= gap and rows[m, 0] < rows[m - gap, 0]:
                for c in range(rows.shape[1]):
                    rows[m, c], rows[m - gap, c] = rows[m - gap, c], rows[m, c]
                m -= gap
        gap //= 3
