"""A legend of classes without gaps: each temperature has exactly one colour."""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Legend:
    """Contiguous classes: n-1 ascending `edges_C` part n `colours`; the two end classes are open.

    A value v falls in class i when edges[i-1] <= v < edges[i].
    """

    title: str
    edges_C: tuple[float, ...]
    colours: tuple[Colour, ...]

    def __post_init__(self) -> None:
        if len(self.colours) != len(self.edges_C) + 1:
            raise ValueError(
                f"{len(self.edges_C)} edges need {len(self.edges_C) + 1} colours, got {len(self.colours)}"
            )
        if any(b <= a for a, b in itertools.pairwise(self.edges_C)):
            raise ValueError(f"edges must rise, got {self.edges_C}")

    def labels(self) -> list[str]:
        """One text a class, coolest first: `< 33`, `33 - < 36`, ..., `>= 45`."""
        edges = [f"{edge:g}" for edge in self.edges_C]
        middle = [f"{a} – < {b} °C" for a, b in itertools.pairwise(edges)]
        return [f"< {edges[0]} °C", *middle, f"≥ {edges[-1]} °C"]

    def classes(self, celsius: NDArray[np.float32]) -> NDArray[np.int16]:
        """Class number of each value, any shape; -1 where unknown."""
        found = np.searchsorted(np.asarray(self.edges_C, dtype=float), celsius, side="right").astype(np.int16)
        found[~np.isfinite(celsius)] = -1
        return found


# The city's published classes were 20-32, 33-35, 36-38, 39-44, 45-50: nothing between 32 and 33, nothing
# below 20 or above 50. Here each class runs up to where the next one starts, and both ends are open.
CITY_LEGEND = Legend(
    title="지표 온도 (°C)",
    edges_C=(33.0, 36.0, 39.0, 45.0),
    colours=((69, 117, 180), (145, 191, 219), (254, 224, 144), (252, 141, 89), (190, 20, 38)),
)


def even_legend(title: str, low_C: float, high_C: float) -> Legend:
    """A legend of the city's colours spread evenly from `low_C` to `high_C`."""
    edges = np.linspace(low_C, high_C, len(CITY_LEGEND.edges_C))
    return Legend(title, tuple(float(edge) for edge in edges), CITY_LEGEND.colours)
