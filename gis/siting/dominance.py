"""Sites that need not be looked at: another one covers all that they cover."""

import numpy as np
from numpy.typing import NDArray

from gis.siting.coverrows import CoverRows

IntArray = NDArray[np.int64]

MOST_PAIRS = 40_000_000  # of sites that share a row: comparing more would cost more than it saves


def undominated(rows: CoverRows) -> IntArray:
    """Site numbers that matter, ascending: no other site covers the same rows or more.

    Of sites with the same rows the lowest number stays; a site without rows goes. Some best choice holds only
    sites of this list, or all of it.
    """
    sites = np.asarray(rows.reach.sum(axis=0, dtype=np.int64)).reshape(-1)
    degree = np.asarray(rows.reach.sum(axis=1, dtype=np.int64)).reshape(-1)
    if float((degree.astype(float) ** 2).sum()) > MOST_PAIRS:
        return np.flatnonzero(sites > 0)
    reach = rows.reach.astype(np.int32)
    common = (reach.T @ reach).tocoo()
    a, b, shared = common.row, common.col, common.data
    inside = (a != b) & (shared == sites[a]) & ((sites[b] > sites[a]) | (b < a))
    dull = sites == 0
    dull[a[inside]] = True
    return np.flatnonzero(~dull)
