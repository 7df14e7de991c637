"""Maps of several flights of one survey become one."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import SkyshadeError
from core.geo import FloatArray
from gis.cogwriter import cog_written
from gis.crs import metric_crs
from gis.grid import GeoGrid, Window
from gis.heatmaps.blend import BANDS, WAYS, Piece, blended
from gis.heatmaps.hours import HoursError, Normalise, hours_problem
from gis.heatmaps.offsets import Levels, PairGap, groups, pair_gaps, solve_offsets
from gis.heatmaps.source import (
    Box,
    MapSource,
    Reading,
    iso,
    metres_a_pixel,
    north_up,
    overlap,
    read_source,
    seen_on,
    working_crs,
)

Progress = Callable[[str, int, int], None]


class MergeError(SkyshadeError):
    """Maps that cannot become one."""


@dataclass(frozen=True, slots=True)
class MergeParams:
    """`normalise` what to do about different hours (None: refuse them), `reference` the map whose level and
    hour the others are brought to; `crs` and `gsd_m` of the new map (None: the first map's, and the finest);
    `feather_m` how far a map fades towards its edge.
    """

    normalise: Normalise | None = None
    reference: Path | None = None
    crs: str | None = None
    gsd_m: float | None = None
    feather_m: float = 3.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.feather_m <= 100.0:
            raise ValueError(f"feather_m must be in [0, 100], got {self.feather_m}")
        if self.gsd_m is not None and not self.gsd_m > 0.0:
            raise ValueError(f"gsd_m must be > 0, got {self.gsd_m}")


@dataclass(frozen=True, slots=True)
class Merged:
    """The new map; `offsets_K` taken off each map, `gaps` of all pairs, RMS of the gaps before and after."""

    path: Path
    sources: tuple[MapSource, ...]
    grid: GeoGrid
    offsets_K: tuple[float, ...]
    gaps: tuple[PairGap, ...]
    rms_before_K: float | None
    rms_after_K: float | None
    level: str
    absolute: bool
    start_s: float | None
    end_s: float | None
    coldest_C: float
    hottest_C: float
    notes: tuple[str, ...]


def merge_maps(
    paths: Sequence[Path], out: Path, params: MergeParams | None = None, *, progress: Progress | None = None
) -> Merged:
    """Merge heat maps into one COG at `out`, their offsets solved on the overlaps.

    Grids and coordinate systems are brought together as pieces are read, so memory does not grow with the
    maps. Raises `HoursError` for maps of different hours without a choice, `MergeError` for fewer than two
    maps, maps given twice, and maps that share no ground with the others.
    """
    chosen = params or MergeParams()
    sources = _sources(paths, out, chosen)
    problem = hours_problem(sources)
    if problem and chosen.normalise is None:
        raise HoursError(problem, hint="choose --normalise none, mean or reference")
    crs = metric_crs(chosen.crs).to_string() if chosen.crs else working_crs(sources[0])
    gaps = pair_gaps(sources, crs)
    levels, level, absolute = _levels(sources, gaps, chosen, one_hour=problem is None)
    grid = _grid(sources, crs, chosen)
    tags = _tags(sources, levels, level, absolute=absolute, chosen=chosen)
    cold, hot = _draw(sources, levels.offsets_K, grid, out, chosen, tags, progress)
    start = [s.start_s for s in sources if s.start_s is not None]
    end = [s.end_s for s in sources if s.end_s is not None]
    return Merged(
        path=out, sources=tuple(sources), grid=grid, offsets_K=tuple(float(x) for x in levels.offsets_K),
        gaps=tuple(gaps), rms_before_K=levels.rms_before_K, rms_after_K=levels.rms_after_K,
        level=level, absolute=absolute, start_s=min(start, default=None), end_s=max(end, default=None),
        coldest_C=cold, hottest_C=hot, notes=(problem,) if problem else (),
    )  # fmt: skip


def _sources(paths: Sequence[Path], out: Path, params: MergeParams) -> list[MapSource]:
    seen = [p.resolve() for p in paths]
    if len(paths) < 2:
        raise MergeError(f"{len(paths)} map given", hint="name two or more")
    twice = next((p for p in paths if seen.count(p.resolve()) > 1), None)
    if twice is not None:
        raise MergeError(f"{twice}: given twice")
    if out.resolve() in seen:
        raise MergeError(f"{out}: is one of the maps to merge", hint="give the new map another name")
    if params.normalise is Normalise.REFERENCE:
        if params.reference is None or params.reference.resolve() not in seen:
            raise MergeError(
                f"{params.reference or 'no map'}: is no reference among the maps",
                hint="name one of the maps with --reference-map",
            )
    elif params.reference is not None:
        raise MergeError(f"{params.reference}: a reference map goes with --normalise reference")
    return [read_source(p) for p in paths]


def _levels(
    sources: Sequence[MapSource], gaps: Sequence[PairGap], params: MergeParams, *, one_hour: bool
) -> tuple[Levels, str, bool]:
    """What is taken off each map, the words for the new map's level, and whether that is absolute."""
    anchors = _anchors(sources, params, one_hour=one_hour)
    levels = solve_offsets(gaps, anchors)
    if params.normalise is Normalise.NONE:
        same = Levels(np.zeros(len(sources)), levels.rms_before_K, levels.rms_before_K)
        return same, "as flown: nothing taken off", one_hour and all(s.absolute for s in sources)
    _refuse_lonely(sources, gaps, anchors)
    if params.normalise is Normalise.REFERENCE:
        name = sources[anchors.index(True)]
        return levels, f"of {name.name}, {iso(name.middle_s)}", name.absolute
    if any(anchors):
        return levels, f"of {sum(anchors)} of {len(anchors)} maps with ground references", True
    return levels, "mean of the maps: differences hold, the absolute level is the cameras'", False


def _anchors(sources: Sequence[MapSource], params: MergeParams, *, one_hour: bool) -> list[bool]:
    if params.normalise is Normalise.REFERENCE and params.reference is not None:
        return [s.path.resolve() == params.reference.resolve() for s in sources]
    if params.normalise is Normalise.MEAN or not one_hour:
        return [False] * len(sources)
    return [s.absolute for s in sources]


def _refuse_lonely(sources: Sequence[MapSource], gaps: Sequence[PairGap], anchors: Sequence[bool]) -> None:
    label = groups(len(sources), gaps)
    main = int(np.bincount(label).argmax())
    lonely = [s for s, g, a in zip(sources, label, anchors, strict=True) if g != main and not a]
    if lonely:
        raise MergeError(
            f"{lonely[0].path}: shares no ground with {sources[int(np.argmax(label == main))].name}",
            hint="their levels cannot be compared; leave it out, or choose --normalise none",
        )


def _grid(sources: Sequence[MapSource], crs: str, params: MergeParams) -> GeoGrid:
    boxes = np.array([s.bounds_in(crs) for s in sources])
    box = (*boxes[:, :2].min(axis=0).tolist(), *boxes[:, 2:].max(axis=0).tolist())
    finest = params.gsd_m or min(metres_a_pixel(s, crs) for s in sources)
    own = sources[0].grid
    if own.crs == crs and north_up(own) and np.isclose(own.pixel_m, finest, rtol=1e-9):
        return _on_lines_of(own, box)
    return GeoGrid.covering(crs, box, finest)


def _on_lines_of(own: GeoGrid, box: Box) -> GeoGrid:
    """The grid over `box` whose pixels are those of `own`, so that its map is not resampled."""
    from affine import Affine

    step, left, top = own.pixel_m, own.transform.c, own.transform.f
    first_col, first_row = np.floor((box[0] - left) / step + 1e-6), np.floor((top - box[3]) / step + 1e-6)
    last_col, last_row = np.ceil((box[2] - left) / step - 1e-6), np.ceil((top - box[1]) / step - 1e-6)
    transform = Affine(step, 0.0, left + first_col * step, 0.0, -step, top - first_row * step)
    return GeoGrid(own.crs, transform, (int(last_row - first_row), int(last_col - first_col)))


def _tags(
    sources: Sequence[MapSource], levels: Levels, level: str, *, absolute: bool, chosen: MergeParams
) -> dict[str, str]:
    start = [s.start_s for s in sources if s.start_s is not None]
    end = [s.end_s for s in sources if s.end_s is not None]
    complete = len(start) == len(sources)
    shared = {
        k: v
        for k, v in sources[0].tags.items()
        if all(s.tags.get(k) == v for s in sources) and k != "AREA_OR_POINT"
    }
    return shared | {
        "QUANTITY": "surface temperature, degrees Celsius",
        "TIME_START": iso(min(start)) if complete else "unknown",
        "TIME_END": iso(max(end)) if complete and end else "unknown",
        "LEVEL": level,
        "LEVEL_IS_ABSOLUTE": "yes" if absolute else "no",
        "NORMALISED": chosen.normalise.value if chosen.normalise else "one survey",
        "SOURCES": "; ".join(s.name for s in sources),
        "OFFSETS_K": "; ".join(f"{x:+.3f}" for x in levels.offsets_K),
    }


def _draw(
    sources: Sequence[MapSource], offsets_K: FloatArray, grid: GeoGrid, out: Path, params: MergeParams,
    tags: dict[str, str], progress: Progress | None,
) -> tuple[float, float]:  # fmt: skip
    """Draw the new map block by block; returns its cold and hot ends."""
    windows = list(grid.windows())
    boxes = [s.bounds_in(grid.crs) for s in sources]
    margin = int(np.ceil(params.feather_m / grid.pixel_m))
    ends: list[tuple[float, float]] = []
    with cog_written(out, grid, BANDS, tags, WAYS) as writer, ExitStack() as stack:
        smooth = [stack.enter_context(seen_on(s, grid)) for s in sources]
        exact = [stack.enter_context(seen_on(s, grid, how="nearest")) for s in sources]
        for done, window in enumerate(windows, 1):
            near = [k for k, box in enumerate(boxes) if overlap(box, _box(grid, window))]
            pieces = list(_pieces(near, smooth, exact, offsets_K, window, margin))
            block = blended(pieces, (window.height, window.width), margin)
            if block is not None:
                writer.write(window, block)
                low, high = np.nanpercentile(block[0], [1.0, 99.0])
                ends.append((float(low), float(high)))
            if progress:
                progress("merging", done, len(windows))
    if not ends:
        return float("nan"), float("nan")
    return float(np.median([e[0] for e in ends])), float(np.median([e[1] for e in ends]))


def _pieces(
    near: Sequence[int], smooth: Sequence[Reading], exact: Sequence[Reading], offsets_K: FloatArray,
    window: Window, margin: int,
) -> Iterator[Piece]:  # fmt: skip
    for k in near:
        celsius = smooth[k].window("temperature", window, margin=margin)
        if celsius is None or not np.isfinite(celsius).any():
            continue
        yield Piece(
            k, celsius - np.float32(offsets_K[k]), smooth[k].window("sigma", window),
            exact[k].window("count", window), exact[k].window("source frame", window),
        )  # fmt: skip


def _box(grid: GeoGrid, window: Window) -> Box:
    left, top = grid.transform @ (window.col, window.row)
    right, bottom = grid.transform @ (window.col + window.width, window.row + window.height)
    return float(left), float(bottom), float(right), float(top)
