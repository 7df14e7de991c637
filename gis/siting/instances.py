"""Benchmark instances of location problems: maximal covering with coordinates, OR-Library p-median graphs."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import BadFileError
from gis.siting.covering import solve_mclp
from gis.siting.coverrows import CoverRows, cover_rows
from gis.siting.solution import Solution

FloatArray = NDArray[np.float64]

NEW_YORK_RADIUS_M = 6_378_100.0  # the sphere on which the published optima were found


@dataclass(frozen=True, slots=True)
class Instance:
    """Points that are demand and candidate sites at once.

    `metres` float64 (n, n) distances, `weights` float64 (n,).
    """

    metres: FloatArray
    weights: FloatArray


def read_instance(path: Path) -> Instance:
    """Read an instance by what its first line says; raises `BadFileError`."""
    text = Path(path).read_text(encoding="utf-8", errors="replace")
    lines = [line.split() for line in text.splitlines() if line.strip()]
    try:
        found = _parsed(lines)
    except (ValueError, IndexError) as error:
        raise BadFileError(
            path,
            "is no location instance",
            hint="use an OR-Library p-median file, or a file of points with demand",
        ) from error
    _refuse_wrong(Path(path), found)
    return found


def _parsed(lines: list[list[str]]) -> Instance:
    if lines and lines[0][0] == "NAME":
        return _sectioned(lines)
    if lines and len(lines[0]) == 3 and all(word.isdigit() for word in lines[0]):
        return _or_library(lines)
    return _points(lines)


def _refuse_wrong(path: Path, found: Instance) -> None:
    """Raise `BadFileError` for a demand or a place that cannot be."""
    wrong = np.flatnonzero(~(np.isfinite(found.weights) & (found.weights >= 0)))
    if wrong.size:
        raise BadFileError(
            path, f"point {wrong[0] + 1}: demand must be at least 0, got {found.weights[wrong[0]]:g}"
        )
    nowhere = np.flatnonzero(~np.isfinite(found.metres).all(axis=1))
    if nowhere.size:
        raise BadFileError(path, f"point {nowhere[0] + 1}: its place is not known")


def _sectioned(lines: list[list[str]]) -> Instance:
    """`NAME / DIMENSION / NODE_COORD_SECTION / DEMAND_SECTION`, latitude and longitude in degrees."""
    words = [line[0] for line in lines]
    count = int(lines[words.index("DIMENSION")][-1])
    at, weights_at = words.index("NODE_COORD_SECTION") + 1, words.index("DEMAND_SECTION") + 1
    degrees = np.array(lines[at : at + count], float)
    weights = np.array([line[0] for line in lines[weights_at : weights_at + count]], float)
    if degrees.shape != (count, 2) or weights.shape != (count,):
        raise ValueError(f"{count} points were announced, {len(degrees)} and {len(weights)} are there")
    return Instance(great_circle_m(degrees[:, 0], degrees[:, 1], NEW_YORK_RADIUS_M), weights)


def great_circle_m(lat_deg: FloatArray, lon_deg: FloatArray, radius_m: float) -> FloatArray:
    """Distances (n, n) on a sphere by the haversine formula."""
    lat, lon = np.radians(lat_deg), np.radians(lon_deg)
    half = (
        np.sin((lat[:, None] - lat) / 2) ** 2
        + np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    )
    angle: FloatArray = 2.0 * np.arcsin(np.sqrt(np.minimum(half, 1.0)))
    return radius_m * angle


def _points(lines: list[list[str]]) -> Instance:
    """A head line that starts with the number of points, then `x y demand` each."""
    count = int(lines[0][0])
    table = np.array(lines[1 : count + 1], float)
    if table.shape != (count, 3):
        raise ValueError(f"{count} lines of x, y and demand were announced, {len(table)} are there")
    with np.errstate(invalid="ignore"):  # places that are no numbers are refused by name afterwards
        metres = np.linalg.norm(table[:, None, :2] - table[None, :, :2], axis=2)
    return Instance(metres, table[:, 2])


def _or_library(lines: list[list[str]]) -> Instance:
    """`nodes edges p`, then `from to cost`; of an edge that stands twice the last one counts (Beasley)."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    nodes, edges = int(lines[0][0]), int(lines[0][1])
    cost: dict[tuple[int, int], float] = {}
    for a, b, c in lines[1 : edges + 1]:
        ends = (min(int(a), int(b)) - 1, max(int(a), int(b)) - 1)
        cost[ends] = float(c)
    low, high = np.array(list(cost)).T
    graph = csr_array((np.array(list(cost.values())), (low, high)), shape=(nodes, nodes))
    metres = np.asarray(dijkstra(graph, directed=False), float)
    if not np.isfinite(metres).all():
        raise ValueError("its graph falls into parts")
    return Instance(metres, np.ones(nodes))


def solve_instance(
    path: Path,
    problem: str,
    count: int,
    *,
    radius_m: float | None = None,
    seconds: float = 60.0,
    now: Callable[[], float] = time.monotonic,
) -> Solution:
    """Solve `mclp` or `setcover` (with `radius_m`), `pmedian` or `pcenter` on an instance file.

    `setcover` asks for the fewest sites; `count` does not matter then.
    """
    from gis.siting.pcenter import solve_pcenter
    from gis.siting.pmedian import solve_pmedian
    from gis.siting.setcover import solve_set_cover

    instance = read_instance(path)
    if problem != "setcover" and count > len(instance.weights):
        raise BadFileError(path, f"has {len(instance.weights)} sites, {count} were asked for")
    if problem == "pmedian":
        return solve_pmedian(instance.metres * instance.weights[:, None], count, seconds=seconds, now=now)
    if problem == "pcenter":
        return solve_pcenter(instance.metres, count, seconds=seconds, now=now)
    rows = rows_within(instance, math.inf if radius_m is None else radius_m)
    if problem == "setcover":
        return solve_set_cover(rows, seconds=seconds, now=now)
    return solve_mclp(rows, count, seconds=seconds, now=now)


def rows_within(instance: Instance, radius_m: float) -> CoverRows:
    """Cover rows of an instance: each point reaches those within the radius."""
    demand, site = np.nonzero(instance.metres <= radius_m)
    return cover_rows(instance.weights, site, demand, np.ones(len(site)), sites=len(instance.weights))
