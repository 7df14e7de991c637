"""Before and after: what a treatment did to surface temperature, against an area that was left alone."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.geo import FloatArray
from gis.heatmaps.areas import Areas, CompareError, changes, on_cells, read_areas
from gis.heatmaps.decay import Decay, fading
from gis.heatmaps.difference import Difference, difference
from gis.heatmaps.hours import ONE_SURVEY_S, HoursError, of_the_day_apart_s
from gis.heatmaps.source import MapSource, iso, read_source
from gis.heatmaps.variogram import AreaValues, area_values


@dataclass(frozen=True, slots=True)
class CompareParams:
    """`cell_m` maps are averaged to; `gap_m` between treated and control; `block_m` a block's side (None:
    found from how alike neighbours are); `draws` of the bootstrap; `different_hours` the user's word that
    the maps may be of different hours.
    """

    cell_m: float = 1.0
    gap_m: float = 0.0
    block_m: float | None = None
    draws: int = 4000
    seed: int = 1
    different_hours: bool = False

    def __post_init__(self) -> None:
        if not 0.05 <= self.cell_m <= 1000.0:
            raise ValueError(f"cell_m must be in [0.05, 1000], got {self.cell_m}")
        if self.draws < 200:
            raise ValueError(f"draws must be >= 200, got {self.draws}")


@dataclass(frozen=True, slots=True)
class Effect:
    """One flight after: change of the treated area less change of the control area, and its 95 % interval."""

    after: MapSource
    hours: float | None
    effect_K: float
    ci95_K: tuple[float, float]
    treated_K: float
    control_K: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """All flights after against one before; cells and blocks that the intervals rest on.

    `change_K` (rows, columns) of the first flight after, for the picture.
    """

    before: MapSource
    effects: tuple[Effect, ...]
    decay: Decay | None
    cells: tuple[int, int]
    blocks: tuple[float, float]
    block_m: float
    areas: Areas
    change_K: FloatArray
    notes: tuple[str, ...]


def compare_maps(
    before: Path, after: Sequence[Path], treated: Path, control: Path, params: CompareParams | None = None
) -> Comparison:
    """Difference in differences with a spatial block bootstrap; offsets between maps drop out.

    Raises `HoursError` for maps of different hours without a word, `CompareError` and `BadFileError` for
    areas that touch, that a map does not show, or that are too small.
    """
    chosen = params or CompareParams()
    first, rest = read_source(before), [read_source(p) for p in after]
    notes = _hours(first, rest, chosen)
    rest = sorted(rest, key=lambda s: s.middle_s or 0.0)
    areas = read_areas(treated, control, [first, *rest], cell_m=chosen.cell_m, gap_m=chosen.gap_m)
    cool = on_cells(first, areas)
    change = np.stack([changes(cool, on_cells(s, areas), areas, (treated, control)) for s in rest], axis=-1)
    inside = area_values(change, areas.treated), area_values(change, areas.control)
    _refuse_few(inside, (treated, control))
    fixed = None if chosen.block_m is None else max(1, round(chosen.block_m / areas.grid.pixel_m))
    found = difference(*inside, side=fixed, draws=chosen.draws, seed=chosen.seed)
    hours = [_hours_after(first, s) for s in rest]
    return Comparison(
        before=first, effects=_effects(rest, hours, found), decay=_decay(hours, found),
        cells=(len(inside[0].row), len(inside[1].row)), blocks=found.blocks,
        block_m=found.side * areas.grid.pixel_m, areas=areas, change_K=change[..., 0],
        notes=(*notes, *_few_blocks(found)),
    )  # fmt: skip


def _refuse_few(inside: tuple[AreaValues, AreaValues], files: tuple[Path, Path]) -> None:
    for values, path in zip(inside, files, strict=True):
        if len(values.row) == 0:
            raise CompareError(f"{path}: no cell of it is seen by all flights")


def _few_blocks(found: Difference) -> tuple[str, ...]:
    if min(found.blocks) >= 10:
        return ()
    held = f"The areas hold only {min(found.blocks):.0f} independent blocks: the interval is rough."
    return (f"{held} Larger areas would make it surer.",)


def _hours(before: MapSource, after: Sequence[MapSource], params: CompareParams) -> tuple[str, ...]:
    """What to say of hours; refuses different ones without a word."""
    for source in (before, *after):
        if source.middle_s is None and not params.different_hours:
            raise HoursError(
                f"{source.name} does not say when it was flown",
                hint="say --different-hours if that is known to be right",
            )
    apart = [
        (of_the_day_apart_s(before.middle_s, s.middle_s), s)
        for s in after
        if before.middle_s is not None and s.middle_s is not None
    ]
    worst = max(apart, key=lambda pair: pair[0], default=(0.0, before))
    if worst[0] <= ONE_SURVEY_S:
        return ()
    text = (
        f"{before.name} ({iso(before.middle_s)}) and {worst[1].name} ({iso(worst[1].middle_s)}) were flown "
        f"{worst[0] / 3600.0:.1f} hours of the day apart"
    )
    if not params.different_hours:
        raise HoursError(text, hint="say --different-hours if the sun warms both areas alike")
    return (f"{text}: the control area must have changed with the sun as the treated one would have.",)


def _hours_after(before: MapSource, after: MapSource) -> float | None:
    if before.middle_s is None or after.middle_s is None:
        return None
    return (after.middle_s - before.middle_s) / 3600.0


def _effects(
    rest: Sequence[MapSource], hours: Sequence[float | None], found: Difference
) -> tuple[Effect, ...]:
    return tuple(
        Effect(
            s, hours[k], float(found.effect_K[k]), (float(found.ci95_K[k, 0]), float(found.ci95_K[k, 1])),
            float(found.treated_K[k]), float(found.control_K[k]),
        )
        for k, s in enumerate(rest)
    )  # fmt: skip


def _decay(hours: Sequence[float | None], found: Difference) -> Decay | None:
    known = [h for h in hours if h is not None]
    if len(known) != len(hours):
        return None
    sigma = np.ptp(found.ci95_K, axis=1) / 3.92
    return fading(np.array(known), found.effect_K, np.maximum(sigma, 1e-3), found.draws_K)


def facts(c: Comparison) -> dict[str, object]:
    """The comparison under names that machines read; `effect_K` and `ci95_K` are of the first flight."""
    first = c.effects[0]
    flights = [
        {
            "after": str(e.after.path), "time": iso(e.after.middle_s), "hours_after": _rounded(e.hours),
            "effect_K": round(e.effect_K, 4), "ci95_K": [round(v, 4) for v in e.ci95_K],
            "treated_change_K": round(e.treated_K, 4), "control_change_K": round(e.control_K, 4),
        }
        for e in c.effects
    ]  # fmt: skip
    decay = None
    if c.decay is not None:
        decay = {
            "start_K": round(c.decay.start_K, 4), "half_life_h": _rounded(c.decay.half_life_h),
            "ci95_h": [_rounded(v) for v in c.decay.ci95_h],
        }  # fmt: skip
    return {
        "effect_K": round(first.effect_K, 4), "ci95_K": [round(v, 4) for v in first.ci95_K],
        "n": {
            "treated_cells": c.cells[0], "control_cells": c.cells[1],
            "treated_blocks": round(c.blocks[0], 1), "control_blocks": round(c.blocks[1], 1),
        },
        "cell_m": round(c.areas.grid.pixel_m, 4), "block_m": round(c.block_m, 3),
        "before": str(c.before.path), "before_time": iso(c.before.middle_s),
        "flights": flights, "decay": decay, "notes": list(c.notes),
    }  # fmt: skip


def _rounded(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, 4)
