"""`skyshade heat`: heat maps of several flights, merged or compared."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skyshade.cli.options import IN_FILE, OUT_FILE
from skyshade.cli.output import emit, json_option, note, progress

if TYPE_CHECKING:
    from gis.heatmaps.merge import Merged


@click.group()
def command() -> None:
    """Heat maps of several flights: merge them into one, or compare before and after."""


@command.command()
@click.argument("maps", metavar="MAP...", nargs=-1, required=True, type=IN_FILE)
@click.option("-o", "--out", type=OUT_FILE, required=True, help="Map to write, a cloud-optimised GeoTIFF.")
@click.option(
    "--normalise",
    type=click.Choice(["none", "mean", "reference"]),
    help="What to do about different hours: none leaves temperatures as they are, mean brings the maps to"
    " their mean, reference to the map named with --reference-map.",
)
@click.option("--reference-map", type=IN_FILE, help="The map whose level and hour the others are brought to.")
@click.option(
    "--crs", metavar="EPSG:N", help="Coordinate system of the new map, in metres.  [default: the first map's]"
)
@click.option(
    "--gsd-m", type=click.FloatRange(min=0.01), help="Pixel, metres.  [default: that of the finest map]"
)
@click.option(
    "--feather-m",
    type=click.FloatRange(0.0, 100.0),
    default=3.0,
    show_default=True,
    help="How far a map fades towards its edge, metres.",
)
@json_option
def merge(
    maps: tuple[Path, ...],
    out: Path,
    normalise: str | None,
    reference_map: Path | None,
    crs: str | None,
    gsd_m: float | None,
    feather_m: float,
    as_json: bool,
) -> None:
    """Merge maps of several flights of one survey into one.

    How far the maps lie apart is solved on all their overlaps and taken off; maps with ground references keep
    their level. Maps of different hours are refused until --normalise says what to do.

    \b
    Example: skyshade heat merge east.tif west.tif -o both.tif
    """
    from core.errors import BadFileError
    from gis.heatmaps.hours import Normalise
    from gis.heatmaps.merge import MergeParams, merge_maps

    if out.suffix.lower() not in {".tif", ".tiff"}:
        raise BadFileError(out, "the map is a GeoTIFF", hint="end its name in .tif")
    params = MergeParams(Normalise(normalise) if normalise else None, reference_map, crs, gsd_m, feather_m)
    with progress("merging", show=False if as_json else None) as tell:
        made = merge_maps(maps, out, params, progress=lambda _what, done, total: tell(done, total))
    _beside(made)
    for text in made.notes:
        note(f"note: {text}")
    emit(_merged(made), as_json=as_json, lines=_merged_lines(made))


def _beside(made: "Merged") -> None:
    """The STAC item and the QGIS style of the new map."""
    from gis.heatmaps.blend import BANDS
    from thermal.sidecars import MapFacts, write_sidecars

    facts = MapFacts(made.grid, BANDS, made.start_s, made.end_s, made.level, report=False)
    write_sidecars(made.path, facts, made.coldest_C, made.hottest_C)


def _merged(made: "Merged") -> dict[str, Any]:
    from gis.heatmaps.source import iso

    return {
        "path": made.path,
        "maps": [s.path for s in made.sources],
        "offsets_K": [round(x, 4) for x in made.offsets_K],
        "overlap_rms_before_K": made.rms_before_K,
        "overlap_rms_K": made.rms_after_K,
        "pairs": [
            {"first": g.first, "second": g.second, "gap_K": round(g.gap_K, 4), "cells": g.cells}
            for g in made.gaps
        ],
        "gsd_m": made.grid.pixel_m,
        "size": (made.grid.shape[1], made.grid.shape[0]),
        "crs": made.grid.crs,
        "level": made.level,
        "absolute": made.absolute,
        "time_start": iso(made.start_s),
        "time_end": iso(made.end_s),
        "notes": made.notes,
    }


def _merged_lines(made: "Merged") -> list[str]:
    rows, cols = made.grid.shape
    taken = [f"{x:+.2f} K taken off {s.name}" for s, x in zip(made.sources, made.offsets_K, strict=True)]
    return [
        f"{made.path}: {cols} x {rows} pixels of {made.grid.pixel_m:g} m, {made.grid.crs}",
        *taken,
        f"maps differed by {_told(made.rms_before_K)} where they overlap, now by {_told(made.rms_after_K)}",
        f"level: {made.level}",
    ]


def _told(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.2f} K"


@command.command()
@click.argument("before", type=IN_FILE)
@click.argument("after", metavar="AFTER...", nargs=-1, required=True, type=IN_FILE)
@click.option("--treated", type=IN_FILE, required=True, help="Polygons that were watered, shaded, painted.")
@click.option("--control", type=IN_FILE, required=True, help="Polygons alike that were left alone.")
@click.option(
    "--cell-m",
    type=click.FloatRange(0.05, 1000.0),
    default=1.0,
    show_default=True,
    help="Maps are averaged to cells of so many metres.",
)
@click.option(
    "--gap-m",
    type=click.FloatRange(min=0.0),
    default=0.0,
    show_default=True,
    help="Refuse areas that lie this near to each other, metres.",
)
@click.option(
    "--block-m", type=click.FloatRange(min=0.1), help="A block's side, metres.  [default: from the variogram]"
)
@click.option("--different-hours", is_flag=True, help="Maps may be of different hours of the day.")
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of the bootstrap.")
@click.option("--report", type=OUT_FILE, help="Page to write (HTML).")
@click.option(
    "--lang", type=click.Choice(["ko", "en"]), default="ko", show_default=True, help="Its language."
)
@json_option
def compare(
    before: Path,
    after: tuple[Path, ...],
    treated: Path,
    control: Path,
    report: Path | None,
    lang: str,
    as_json: bool,
    **chosen: Any,
) -> None:
    """Tell what a treatment did to surface temperature, with an interval.

    The change of the treated area less the change of the control area. Several maps AFTER give the decay;
    their times come from the maps.

    \b
    Example: skyshade heat compare noon.tif watered.tif --treated wet.geojson --control dry.geojson
    """
    from gis.heatmaps.compare import CompareParams, compare_maps, facts
    from gis.heatmaps.page import headline, write_page

    found = compare_maps(before, after, treated, control, CompareParams(**chosen))
    told = facts(found)
    if report is not None:
        told["report"] = write_page(report, found, lang)
    for text in found.notes:
        note(f"note: {text}")
    lines = [
        f"{e.after.name}: {e.effect_K:+.2f} K, 95 % {e.ci95_K[0]:+.2f} to {e.ci95_K[1]:+.2f} K"
        for e in found.effects
    ]
    page = [f"page: {report}"] if report else []
    emit(told, as_json=as_json, lines=[headline(found), *(lines if len(lines) > 1 else []), *page])
