"""From a heat map and layers to ranked, explained sites: the whole way in one recipe."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import BadFileError, SkyshadeError
from gis.heat import FloatGrid, HeatMap, read_heat
from gis.siting.confidence import (
    ConfidenceParams,
    Cover,
    RankIntervals,
    draw_weights,
    greedy_order,
    rank_intervals,
)
from gis.siting.covering import Solution, cover_rows, solve_mclp
from gis.siting.exposure import Exposure, ExposureParams, exposure_at, standing_surface
from gis.siting.fairness import capacity_in_reach, correlation, reach
from gis.siting.layers import Layer, find_column, point_positions, read_layer
from gis.siting.rules import RuleSet, RuleVerdict, judge, read_rules, rejections, shipped_rules, unknowns
from gis.siting.walk import Distances, nearest_m, network_from_lines, straight_distances, walking_distances
from gis.siting.words import words

FloatArray = NDArray[np.float64]

PEOPLE_NAMES = (
    "people",
    "population",
    "pop",
    "weight",
    "인원",
    "인구",
    "인구수",
    "인구수_계",
    "총인구",
    "유동인구",
    "이용객수",
)
VULNERABLE_NAMES = ("vulnerable", "seniors", "65세이상인구", "65세 이상_계", "65세이상", "취약인구")
CAPACITY_NAMES = (
    "capacity",
    "이용가능인원수",
    "이용가능인원",
    "use_psbl_nmpr",
    "utlz_posbl_psnnum_cnt",
    "수용인원",
    "actc_pop_c",
)
ID_NAMES = ("id", "no", "번호", "연번", "관리번호", "osm_id", "site_id")
NAME_NAMES = (
    "name",
    "이름",
    "명칭",
    "시설명",
    "쉼터명칭",
    "설치장소명",
    "정류소명",
    "위치",
    "rstr_nm",
    "rstar_nm",
)


@dataclass(frozen=True, slots=True)
class SitingInputs:
    """The files a choice stands on; None = not given, and what depends on it is unknown.

    `heat` a raster, the others layers (see `read_layer`); `rules` a TOML file, None = the shipped ones;
    `crs` is for layers whose file names no coordinate system.
    """

    heat: Path
    demand: Path
    candidates: Path
    existing: Path | None = None
    walk: Path | None = None
    rules: Path | None = None
    buildings: Path | None = None
    water: Path | None = None
    crossings: Path | None = None
    crs: str | None = None


@dataclass(frozen=True, slots=True)
class SitingParams:
    """`count` sites, each serving people within `radius_m` of walking.

    With `full_m` below `radius_m`, cover is whole up to `full_m` and falls to nothing at `radius_m`. A demand
    point weighs its people times the kelvins its ground lies over `reference_C` (None = the median of the
    standing surface). `people`, `vulnerable`, `capacity` name columns (None = the usual names are tried).
    `fairness_limit_m` bounds the search for the nearest place. `seconds` bounds the solver.
    """

    count: int = 5
    radius_m: float = 300.0
    full_m: float | None = None
    reference_C: float | None = None
    people: str | None = None
    vulnerable: str | None = None
    capacity: str | None = None
    fairness_limit_m: float = 3000.0
    seconds: float = 30.0
    language: str = "en"
    exposure: ExposureParams = field(default_factory=ExposureParams)
    confidence: ConfidenceParams = field(default_factory=ConfidenceParams)

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError(f"count must be at least 1, got {self.count}")
        if not self.radius_m > 0:
            raise ValueError(f"radius must be positive, got {self.radius_m}")
        if self.full_m is not None and not 0 <= self.full_m <= self.radius_m:
            raise ValueError(f"full cover must end within [0, {self.radius_m}] m, got {self.full_m}")


@dataclass(frozen=True, slots=True)
class ChosenSite:
    """One chosen site: `rank` 1 = best; `rank_low`..`rank_high` where it lands when heat and head counts are
    drawn again; equal scores share a rank. `score` is what it adds, in person-kelvins. `again` is the share of
    draws in which it is chosen again; `tied_with` ids whose order to it is not settled.
    """

    id: str
    name: str
    row: int
    rank: int
    rank_low: int
    rank_high: int
    score: float
    why: str
    again: float
    tied_with: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SitingResult:
    """What was chosen and everything needed to show and to check it.

    `candidates`, `demand`, `existing` GeoDataFrames in the heat map's system with the columns that were worked
    out; `verdicts` one tuple of rules a candidate.
    """

    chosen: tuple[ChosenSite, ...]
    solution: Solution
    equity: Mapping[str, float | None]
    candidates: Any
    demand: Any
    existing: Any | None
    verdicts: Sequence[tuple[RuleVerdict, ...]]
    rules: RuleSet
    heat: HeatMap
    surface: FloatGrid
    reference_C: float
    distances: str
    notes: tuple[str, ...]
    params: SitingParams


@dataclass(frozen=True, slots=True)
class _Places:
    """Layers as positions in the heat map's system, (n, 2) metres each."""

    demand: Layer
    candidates: Layer
    existing: Layer | None
    demand_m: FloatArray
    candidates_m: FloatArray
    existing_m: FloatArray


@dataclass(frozen=True, slots=True)
class _Load:
    """What weighs at each demand point; NaN = unknown."""

    people: FloatArray
    exposure: Exposure
    reference_C: float
    notes: tuple[str, ...]

    @property
    def excess_K(self) -> FloatArray:
        return np.maximum(self.exposure.celsius - self.reference_C, 0.0)

    @property
    def weights(self) -> FloatArray:
        return np.nan_to_num(self.people * self.excess_K, nan=0.0)


def choose_sites(
    inputs: SitingInputs, params: SitingParams | None = None, *, now: Callable[[], float] = time.monotonic
) -> SitingResult:
    """Choose the sites that take the most heat load off people within walking distance, and say why.

    Reads the layers, takes the surface temperature round each place with roofs and water out, drops
    candidates that break a required rule, solves maximal covering exactly, draws the uncertainty again for
    the ranks, and compares walking distances before and after. Raises `SkyshadeError` subclasses.
    """
    params = params or SitingParams()
    heat = read_heat(inputs.heat)
    places = _read_places(inputs, heat)
    surface = standing_surface(heat, _masks(inputs))
    load = _load(places, heat, surface, params)
    at_candidates = exposure_at(heat, surface, places.candidates_m, params.exposure)
    rules = shipped_rules() if inputs.rules is None else read_rules(inputs.rules)
    measured = _measured(inputs, heat, places, at_candidates)
    verdicts = judge(rules, places.candidates.frame, measured)
    eligible = np.flatnonzero([not rejections(row) for row in verdicts])
    if eligible.size == 0:
        raise SkyshadeError(
            f"{inputs.candidates}: every candidate breaks a required rule",
            hint=f"the first one: {rejections(verdicts[0])[0]}",
        )
    ways = _distances(inputs, heat, places, max(params.radius_m, params.fairness_limit_m))
    cover = _cover(ways, eligible, len(places.candidates_m), len(places.demand_m), params)
    if not load.weights.any():
        raise SkyshadeError(
            f"{inputs.demand}: no demand point lies on ground hotter than {load.reference_C:.1f} C",
            hint="set reference_C lower, or check that the heat map covers the demand",
        )
    solution = _solve(cover, load.weights, len(eligible), params, now)
    intervals = _intervals(cover, solution, load, places, len(eligible), params)
    chosen = _explained(
        solution, intervals, cover, eligible, load, places, at_candidates, verdicts, ways, params
    )
    taken = np.array([site.row for site in chosen], np.int64)
    return SitingResult(
        chosen=chosen,
        solution=solution,
        equity=_equity(ways, taken, load, places, params),
        candidates=_candidate_frame(places, heat, at_candidates, verdicts, chosen),
        demand=_demand_frame(places, heat, load, ways, taken, params),
        existing=None if places.existing is None else places.existing.frame.to_crs(heat.crs),
        verdicts=verdicts,
        rules=rules,
        heat=heat,
        surface=surface,
        reference_C=load.reference_C,
        distances=ways.kind,
        notes=_all_notes(heat, places, load, ways),
        params=params,
    )


def _read_places(inputs: SitingInputs, heat: HeatMap) -> _Places:
    demand = read_layer(inputs.demand, crs=inputs.crs)
    candidates = read_layer(inputs.candidates, crs=inputs.crs)
    existing = None if inputs.existing is None else read_layer(inputs.existing, crs=inputs.crs)
    nowhere = np.zeros((0, 2))
    return _Places(
        demand,
        candidates,
        existing,
        point_positions(demand.frame, heat.crs),
        point_positions(candidates.frame, heat.crs),
        nowhere if existing is None else point_positions(existing.frame, heat.crs),
    )


def _masks(inputs: SitingInputs) -> list[Any]:
    given = [path for path in (inputs.buildings, inputs.water) if path is not None]
    return [read_layer(path, crs=inputs.crs).frame.geometry for path in given]


def _column(path: Path, frame: Any, wanted: str | None, usual: Sequence[str]) -> str | None:
    if wanted is None:
        return find_column(frame.columns, usual)
    found = find_column(frame.columns, (wanted,))
    if found is None:
        known = ", ".join(str(name) for name in frame.columns if name != "geometry")
        raise BadFileError(path, f"has no column {wanted!r}", hint=f"it has {known}")
    return found


def _numbers(frame: Any, column: str) -> FloatArray:
    import pandas as pd

    return np.asarray(pd.to_numeric(frame[column], errors="coerce"), float)


def _load(places: _Places, heat: HeatMap, surface: FloatGrid, params: SitingParams) -> _Load:
    frame, path = places.demand.frame, places.demand.path
    column = _column(path, frame, params.people, PEOPLE_NAMES)
    people = np.ones(len(frame)) if column is None else _numbers(frame, column)
    if (people < 0).any():
        raise BadFileError(path, f"column {column!r} holds a negative number of people")
    exposure = exposure_at(heat, surface, places.demand_m, params.exposure)
    reference = params.reference_C
    if reference is None:
        known = surface[np.isfinite(surface)]
        if known.size == 0:
            raise SkyshadeError("no standing surface is left outside the roofs and the water of the heat map")
        reference = float(np.median(known))
    notes = [
        f"people are column {column!r}" if column else "no people column: every demand point counts as one"
    ]
    unknown = int((~np.isfinite(people) | ~exposure.known).sum())
    if unknown:
        notes.append(f"{unknown} of {len(frame)} demand points have unknown heat or people and weigh nothing")
    return _Load(people, exposure, reference, tuple(notes))


def _measured(
    inputs: SitingInputs, heat: HeatMap, places: _Places, exposure: Exposure
) -> dict[str, Sequence[float]]:
    """What rules may ask for; NaN where the layer for it was not given."""
    out: dict[str, Sequence[float]] = {"exposure_C": exposure.celsius.tolist()}
    if places.existing is not None:
        out["distance_to_existing_m"] = _beeline(places.candidates_m, places.existing_m)
    if inputs.crossings is not None:
        crossings = read_layer(inputs.crossings, crs=inputs.crs)
        out["distance_to_crossing_m"] = _to_shapes(places.candidates_m, crossings, heat.crs)
    return out


def _beeline(from_m: FloatArray, to_m: FloatArray) -> list[float]:
    from scipy.spatial import cKDTree

    return [float(d) for d in cKDTree(to_m).query(from_m)[0]]


def _to_shapes(from_m: FloatArray, layer: Layer, crs: str) -> list[float]:
    import shapely

    tree = shapely.STRtree(layer.frame.geometry.to_crs(crs).to_numpy())
    (asked, _), metres = tree.query_nearest(shapely.points(from_m), return_distance=True, all_matches=False)
    return [float(d) for d in metres[np.argsort(asked)]]


def _distances(inputs: SitingInputs, heat: HeatMap, places: _Places, limit_m: float) -> Distances:
    """Ways from every candidate, then every existing place, to every demand point."""
    sites = np.vstack([places.candidates_m, places.existing_m])
    if inputs.walk is None:
        return straight_distances(sites, places.demand_m, limit_m=limit_m)
    try:
        network = network_from_lines(read_layer(inputs.walk, crs=inputs.crs).frame, heat.crs)
    except ValueError as error:
        raise BadFileError(inputs.walk, str(error)) from error
    return walking_distances(network, sites, places.demand_m, limit_m=limit_m)


def _share(metres: FloatArray, params: SitingParams) -> FloatArray:
    """Share of a demand point that a place so far away covers, 0..1."""
    if params.full_m is None or params.full_m == params.radius_m:
        return (metres <= params.radius_m).astype(float)
    falling = (params.radius_m - metres) / (params.radius_m - params.full_m)
    return np.clip(falling, 0.0, 1.0)


def _cover(
    ways: Distances, eligible: NDArray[np.int64], candidates: int, demands: int, params: SitingParams
) -> Cover:
    share = _share(ways.metres, params)
    held = np.zeros(demands)
    old = ways.site >= candidates
    np.maximum.at(held, ways.demand[old], share[old])
    place = np.full(candidates, -1, np.int64)
    place[eligible] = np.arange(len(eligible))
    mine = ~old & (share > 0)
    mine[mine] = place[ways.site[mine]] >= 0
    return Cover(place[ways.site[mine]], ways.demand[mine], share[mine], held)


def _solve(
    cover: Cover, weights: FloatArray, sites: int, params: SitingParams, now: Callable[[], float]
) -> Solution:
    rows = cover_rows(weights, cover.site, cover.demand, cover.share, sites=sites, existing=cover.held)
    return solve_mclp(rows, params.count, seconds=params.seconds, now=now)


def _intervals(
    cover: Cover, solution: Solution, load: _Load, places: _Places, sites: int, params: SitingParams
) -> RankIntervals:
    sigma = np.nan_to_num(load.exposure.sigma_K, nan=0.0)
    excess = load.exposure.celsius - load.reference_C
    drawn = draw_weights(load.people, excess, sigma, places.demand_m, params.confidence)
    return rank_intervals(cover, np.array(solution.sites, np.int64), sites, drawn, params.confidence)


def _explained(
    solution: Solution,
    intervals: RankIntervals,
    cover: Cover,
    eligible: NDArray[np.int64],
    load: _Load,
    places: _Places,
    exposure: Exposure,
    verdicts: Sequence[tuple[RuleVerdict, ...]],
    ways: Distances,
    params: SitingParams,
) -> tuple[ChosenSite, ...]:
    """Chosen sites best first, with rank, interval and reason."""
    numbers = np.array(solution.sites, np.int64)
    ids, names = labels(places.candidates.frame)
    order = greedy_order(cover.only(numbers), load.weights, len(numbers), len(numbers))
    total = float(load.weights.sum())
    out: list[ChosenSite] = []
    for place, (local, gain) in enumerate(order):
        row = int(eligible[numbers[local]])
        same = bool(out) and math.isclose(out[-1].score, gain, rel_tol=1e-9)
        rank = out[-1].rank if same else place + 1
        tied = tuple(ids[int(eligible[numbers[other]])] for other in intervals.tied[local])
        missing = tuple(unknowns(verdicts[row]))
        facts = _facts(row, gain / total, load, exposure, ways, params, tied, verdicts[row])
        out.append(
            ChosenSite(
                id=ids[row],
                name=names[row],
                row=row,
                rank=rank,
                rank_low=min(rank, int(intervals.low[local])),
                rank_high=max(rank, int(intervals.high[local])),
                score=gain,
                why=facts,
                again=float(intervals.again[local]),
                tied_with=tied,
                unknown=missing,
            )
        )
    return tuple(out)


def _facts(
    row: int,
    share: float,
    load: _Load,
    exposure: Exposure,
    ways: Distances,
    params: SitingParams,
    tied: Sequence[str],
    verdicts: Sequence[RuleVerdict],
) -> str:
    say = words(params.language)
    near = ways.demand[(ways.site == row) & (ways.metres <= params.radius_m)]
    parts = [
        say["why_line"].format(
            people=np.nansum(load.people[near]), radius=params.radius_m, kind=say[ways.kind], share=share
        )
    ]
    if share <= 0:
        parts.append(say["nothing_line"])
    if exposure.known[row]:
        parts.append(say["heat_line"].format(heat=exposure.celsius[row], sigma=exposure.sigma_K[row]))
    else:
        parts.append(say["heat_unknown"])
    if tied:
        parts.append(say["tied_line"].format(others=", ".join(tied)))
    missing = [v.rule.title for v in verdicts if v.value is None]
    if missing:
        parts.append(say["unknown_line"].format(what=", ".join(missing)))
    return "; ".join(parts)


def labels(frame: Any) -> tuple[list[str], list[str]]:
    """(ids, names) of a layer's rows: its own where it has unique ones, else 1, 2, ...; names may be empty."""
    numbered = [str(number) for number in range(1, len(frame) + 1)]
    own, name = find_column(frame.columns, ID_NAMES), find_column(frame.columns, NAME_NAMES)
    ids = numbered if own is None else [_plain(value) for value in frame[own]]
    if len(set(ids)) != len(ids) or "" in ids:
        ids = numbered
    return ids, [""] * len(frame) if name is None else [_plain(value) for value in frame[name]]


def _plain(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _equity(
    ways: Distances, taken: NDArray[np.int64], load: _Load, places: _Places, params: SitingParams
) -> dict[str, float | None]:
    demands, candidates = len(places.demand_m), len(places.candidates_m)
    old = candidates + np.arange(len(places.existing_m))
    out: dict[str, float | None] = {}
    for when, sites in (("before", old), ("after", np.concatenate([old, taken]))):
        found = reach(
            nearest_m(ways, sites, demands), load.people, radius_m=params.radius_m, limit_m=ways.limit_m
        )
        for key in ("mean_m", "p90_m", "within", "beyond_limit"):
            known = found is not None and (len(sites) > 0 or key in {"within", "beyond_limit"})
            out[f"{key}_{when}"] = float(getattr(found, key)) if known else None
    return out | _capacity(ways, taken, places, params)


def _capacity(
    ways: Distances, taken: NDArray[np.int64], places: _Places, params: SitingParams
) -> dict[str, float | None]:
    """Correlation of capacity in reach with vulnerable people, before and after; absent without the columns."""
    frame = places.demand.frame
    need = _column(places.demand.path, frame, params.vulnerable, VULNERABLE_NAMES)
    if need is None or places.existing is None:
        return {}
    column = _column(places.existing.path, places.existing.frame, params.capacity, CAPACITY_NAMES)
    if column is None:
        return {}
    new = find_column(places.candidates.frame.columns, (params.capacity or column, *CAPACITY_NAMES))
    own = np.full(len(places.candidates_m), math.nan)
    if new is not None:
        own[taken] = _numbers(places.candidates.frame, new)[taken]
    old = _numbers(places.existing.frame, column)
    people, count = _numbers(frame, need), len(frame)
    out: dict[str, float | None] = {"capacity_unknown": float((~np.isfinite(old)).sum())}
    for when, first in (("before", np.full(len(own), math.nan)), ("after", own)):
        within = capacity_in_reach(ways, np.concatenate([first, old]), params.radius_m, count)
        out[f"capacity_vs_vulnerable_r_{when}"] = correlation(within, people)
    return out


def _candidate_frame(
    places: _Places,
    heat: HeatMap,
    exposure: Exposure,
    verdicts: Sequence[tuple[RuleVerdict, ...]],
    chosen: Sequence[ChosenSite],
) -> Any:
    ids, names = labels(places.candidates.frame)
    out = places.candidates.frame.to_crs(heat.crs).copy()
    ranks: list[float] = [math.nan] * len(out)
    for site in chosen:
        ranks[site.row] = site.rank
    out["site_id"], out["site_name"], out["site_rank"] = ids, names, ranks
    out["surface_C"], out["sigma_K"] = exposure.celsius, exposure.sigma_K
    for number, first in enumerate(verdicts[0]):
        out[f"rule_{first.rule.id}"] = [row[number].verdict.value for row in verdicts]
    out["rejected"] = [" / ".join(rejections(row)) for row in verdicts]
    out["unknown"] = [" / ".join(unknowns(row)) for row in verdicts]
    return out


def _demand_frame(
    places: _Places,
    heat: HeatMap,
    load: _Load,
    ways: Distances,
    taken: NDArray[np.int64],
    params: SitingParams,
) -> Any:
    out = places.demand.frame.to_crs(heat.crs).copy()
    count, candidates = len(out), len(places.candidates_m)
    old = candidates + np.arange(len(places.existing_m))
    before, after = nearest_m(ways, old, count), nearest_m(ways, np.concatenate([old, taken]), count)
    out["demand_people"], out["surface_C"], out["sigma_K"] = (
        load.people,
        load.exposure.celsius,
        load.exposure.sigma_K,
    )
    out["load_person_K"] = load.people * load.excess_K
    out["nearest_before_m"] = np.where(np.isfinite(before), before, np.nan)
    out["nearest_after_m"] = np.where(np.isfinite(after), after, np.nan)
    out["cover_before"] = _share(before, params)
    out["cover_after"] = _share(after, params)
    return out


def _all_notes(heat: HeatMap, places: _Places, load: _Load, ways: Distances) -> tuple[str, ...]:
    layers = [layer for layer in (places.demand, places.candidates, places.existing) if layer is not None]
    repairs = [f"{layer.path.name}: {text}" for layer in layers for text in layer.repairs]
    return (*heat.notes, *repairs, *load.notes, *ways.notes)
