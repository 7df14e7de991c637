"""Benchmark instances of location problems: maximal covering with coordinates, OR-Library p-median graphs."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import BadFileError
from gis.siting.covering import Solution, solve_mclp
from gis.siting.coverrows import cover_rows

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
        if lines and lines[0][0] == "NAME":
            return _sectioned(lines)
        if lines and len(lines[0]) == 3 and all(word.isdigit() for word in lines[0]):
            return _or_library(lines)
        return _points(lines)
    except (ValueError, IndexError) as error:
        raise BadFileError(
            path,
            "is no location instance",
            hint="use an OR-Library p-median file, or a file of points with demand",
        ) from error


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
    return Instance(np.linalg.norm(table[:, None, :2] - table[None, :, :2], axis=2), table[:, 2])


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
    """Solve `mclp` (with `radius_m`), `pmedian` or `pcenter` on an instance file."""
    from gis.siting.pcenter import solve_pcenter
    from gis.siting.pmedian import solve_pmedian

    instance = read_instance(path)
    if count > len(instance.weights):
        raise BadFileError(path, f"has {len(instance.weights)} sites, {count} were asked for")
    if problem == "pmedian":
        return solve_pmedian(instance.metres * instance.weights[:, None], count, seconds=seconds, now=now)
    if problem == "pcenter":
        return solve_pcenter(instance.metres, count, seconds=seconds, now=now)
    limit = math.inf if radius_m is None else radius_m
    demand, site = np.nonzero(instance.metres <= limit)
    rows = cover_rows(instance.weights, site, demand, np.ones(len(site)), sites=len(instance.weights))
    return solve_mclp(rows, count, seconds=seconds, now=now)
