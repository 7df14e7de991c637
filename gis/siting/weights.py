"""Weights of criteria: from pairwise judgements (AHP), or from the data (entropy, principal component)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

CRITERIA = ("heat", "people", "old", "unserved")

CONSISTENT = 0.1  # the ratio up to which judgements are taken
# what Saaty (1987) found for the index of random judgements, by number of criteria
RANDOM_INDEX = (0.0, 0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49)


@dataclass(frozen=True, slots=True)
class Judgement:
    """How much more `first` was said to count than `second`, and what the others would have it be."""

    first: str
    second: str
    said: float
    implied: float


@dataclass(frozen=True, slots=True)
class Ahp:
    """Weights (n,) of `criteria` that sum to 1, with the consistency `ratio` of the judgements behind them.

    `worst` is the judgement farthest from what the weights imply, None when all agree.
    """

    criteria: tuple[str, ...]
    weights: FloatArray
    ratio: float
    worst: Judgement | None

    @property
    def consistent(self) -> bool:
        """Whether the ratio is 0.1 or less."""
        return self.ratio <= CONSISTENT


def ahp(criteria: Sequence[str], judgements: Sequence[Sequence[float]], *, insist: bool = False) -> Ahp:
    """Weights from a matrix of pairwise judgements: row i says how many times more i counts than each j.

    Saaty (1980): the principal eigenvector; consistency ratio = ((lambda - n) / (n - 1)) / random index.
    Raises `ValueError` for a matrix that is none, and for a ratio over 0.1 unless `insist`.
    """
    matrix = _matrix(criteria, judgements)
    values, vectors = np.linalg.eig(matrix)
    first = int(np.argmax(values.real))
    weights = np.abs(vectors[:, first].real)
    weights = weights / weights.sum()
    count = len(criteria)
    index = 0.0 if count < 3 else max(0.0, (float(values[first].real) - count) / (count - 1))
    ratio = index / RANDOM_INDEX[count] if count >= 3 else 0.0
    found = Ahp(tuple(criteria), weights, ratio, _worst(criteria, matrix, weights))
    if not found.consistent and not insist:
        raise ValueError(_inconsistent(found))
    return found


@dataclass(frozen=True, slots=True)
class WeightParams:
    """Pairwise `judgements` of how much more each of `criteria` counts than each other (see `ahp`).

    Criteria of a candidate: `heat` kelvins of its ground over the reference; `people` in its reach, `old`
    those of 65 and older among them, `unserved` those without a place in reach. `insist` takes judgements
    that contradict each other.
    """

    criteria: tuple[str, ...] = CRITERIA
    judgements: tuple[tuple[float, ...], ...] = ()
    insist: bool = False

    def __post_init__(self) -> None:
        unknown = [name for name in self.criteria if name not in CRITERIA]
        if unknown:
            raise ValueError(f"criteria are {', '.join(CRITERIA)}, got {unknown[0]!r}")
        if self.judgements:
            self.judged()

    def judged(self) -> Ahp:
        """Weights from the judgements."""
        return ahp(self.criteria, self.judgements, insist=self.insist)


@dataclass(frozen=True, slots=True)
class Weighing:
    """One way to weigh the criteria: `name`, weights by criterion, the consistency ratio of judgements.

    `ranks` (sites,) of all eligible candidates by the weighted sum; `agreement` Spearman's correlation with
    the order by load covered alone, None when it is not defined.
    """

    name: str
    weights: dict[str, float]
    ranks: NDArray[np.int64]
    agreement: float | None
    ratio: float | None = None


def _inconsistent(found: Ahp) -> str:
    text = f"the judgements contradict each other (consistency ratio {found.ratio:.2f}, at most {CONSISTENT})"
    if found.worst is None:
        return text
    worst = found.worst
    return (
        f"{text}: most of all {worst.first!r} to {worst.second!r}, said {worst.said:.3g}, the others imply "
        f"{worst.implied:.2g}; judge it again, or set insist = true"
    )


def _matrix(criteria: Sequence[str], judgements: Sequence[Sequence[float]]) -> FloatArray:
    count = len(criteria)
    if not 2 <= count < len(RANDOM_INDEX):
        raise ValueError(f"criteria must be 2 to {len(RANDOM_INDEX) - 1}, got {count}")
    if len(set(criteria)) != count:
        raise ValueError(f"criteria must differ, got {', '.join(criteria)}")
    if len(judgements) != count or any(len(row) != count for row in judgements):
        raise ValueError(f"judgements must be {count} rows of {count} numbers, one for each criterion")
    matrix = np.array(judgements, float)
    for i, j in zip(*np.nonzero(~(np.isfinite(matrix) & (matrix > 0))), strict=True):
        raise ValueError(f"{criteria[i]!r} to {criteria[j]!r} must be positive, got {matrix[i, j]:g}")
    for i, j in zip(*np.nonzero(np.abs(matrix * matrix.T - 1) > 0.02), strict=True):
        raise ValueError(
            f"{criteria[i]!r} to {criteria[j]!r} is {matrix[i, j]:g}, so the other way round must be "
            f"{1 / matrix[i, j]:.3g}, got {matrix[j, i]:g}"
        )
    return matrix


def _worst(criteria: Sequence[str], matrix: FloatArray, weights: FloatArray) -> Judgement | None:
    """The pair whose judgement differs most, as a factor, from what all the others say of it."""
    off = np.abs(np.log(matrix * weights[None, :] / weights[:, None]))
    i, j = (int(k) for k in np.unravel_index(int(np.argmax(np.triu(off))), off.shape))
    if off[i, j] < 1e-6 or len(matrix) < 3:
        return None
    return Judgement(criteria[i], criteria[j], float(matrix[i, j]), _implied(matrix, i, j))


def _implied(matrix: FloatArray, i: int, j: int) -> float:
    """What the ways over every third criterion say of i to j, in the geometric mean."""
    others = [k for k in range(len(matrix)) if k not in {i, j}]
    return math.exp(float(np.mean([math.log(matrix[i, k] * matrix[k, j]) for k in others])))


def scaled(table: FloatArray) -> FloatArray:
    """Each column of `table` (sites, criteria) from 0 to 1; one without spread, or unknown, is 0."""
    known = np.nan_to_num(np.asarray(table, float), nan=0.0)
    low, spread = known.min(axis=0), np.ptp(known, axis=0)
    out: FloatArray = np.divide(known - low, spread, out=np.zeros_like(known), where=spread > 0)
    return out


def entropy_weights(table: FloatArray) -> FloatArray:
    """Weights (criteria,) by how unevenly each column spreads over the sites (Shannon's entropy).

    All equal when no column tells sites apart.
    """
    parts = scaled(table)
    total = parts.sum(axis=0)
    share = np.divide(parts, total, out=np.zeros_like(parts), where=total > 0)
    logs = np.log(share, out=np.zeros_like(share), where=share > 0)
    entropy = -(share * logs).sum(axis=0) / math.log(max(2, len(parts)))
    return _summed_to_one(np.where(total > 0, np.maximum(1.0 - entropy, 0.0), 0.0))


def component_weights(table: FloatArray) -> FloatArray:
    """Weights (criteria,) from the first principal component: what the columns say in common.

    Loadings are squared, so that they sum to 1; a column without spread weighs nothing.
    """
    parts = scaled(table)
    alive = np.ptp(parts, axis=0) > 0
    weights = np.zeros(parts.shape[1])
    if alive.sum() == 1:
        weights[alive] = 1.0
    elif alive.any():
        _, vectors = np.linalg.eigh(np.corrcoef(parts[:, alive].T))
        weights[alive] = vectors[:, -1] ** 2
    return _summed_to_one(weights)


def _summed_to_one(weights: FloatArray) -> FloatArray:
    total = float(weights.sum())
    return weights / total if total > 0 else np.full(len(weights), 1.0 / len(weights))


def ranked(scores: FloatArray) -> NDArray[np.int64]:
    """Ranks (n,) from 1 for the highest score; equal scores share the better rank."""
    ordered = np.sort(-np.asarray(scores, float))
    return np.searchsorted(ordered, -np.asarray(scores, float)).astype(np.int64) + 1
