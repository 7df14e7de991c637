"""What a solver answers: chosen sites, what they are worth, and how far from the best that can be."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Solution:
    """Chosen site numbers, what they achieve, and how good that is.

    `bound` is proved: no choice does better (above `objective` for a maximum, below it for a minimum);
    `gap` = |bound - objective| / |objective|; `method` says how it was found.
    """

    sites: tuple[int, ...]
    objective: float
    bound: float
    method: str
    wall_s: float

    @property
    def gap(self) -> float:
        """Relative distance between the bound and the objective; 0 = proved optimal."""
        if self.objective == self.bound:
            return 0.0
        return abs(self.bound - self.objective) / abs(self.objective) if self.objective else math.inf


def snapped(objective: float, bound: float) -> float:
    """`bound`, or `objective` itself where both are one number but for rounding."""
    return objective if math.isclose(objective, bound, rel_tol=2e-9, abs_tol=1e-9) else bound
