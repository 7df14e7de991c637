"""What the survey commands write and print: plans, the record beside them, the proof."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import SkyshadeError
from skyshade.cli.output import emit, note

if TYPE_CHECKING:
    from core.camera import Camera
    from core.geo import LonLat
    from gis.vector import Area
    from missions.survey import Sortie, SurveyParams, SurveyPlan
    from missions.survey.overlaps import Overlap
    from missions.survey.proof import Proof
    from missions.survey.record import OrbitRecord


def checked_out(out: Path, proof: Path | None) -> None:
    """Refuse file names that nothing can be written under, before the long work."""
    from core.errors import BadFileError
    from missions.formats import known_format

    known_format(out)
    if proof is not None and proof.suffix.lower() not in {".html", ".png"}:
        raise BadFileError(proof, "is no name for a proof", hint="use .html or .png")


def finish(
    made: "SurveyPlan",
    out: Path,
    source: Path,
    *,
    force: bool,
    proof: Path | None,
    as_json: bool,
    **more: Any,
) -> list[Path]:
    """Draw the proof, write the plans unless it fails, print what was made; the paths of the plans."""
    if proof is not None:
        draw_proof(made, proof)
    if not made.proved and not force:
        faults = "; ".join(made.proof.faults) if made.proof is not None else "see --proof"
        raise SkyshadeError(
            f"{source}: the plan fails its own proof: {faults}; nothing written",
            hint="give --margin-m, a coarser --gsd-m, or --force; --proof FILE.html shows where",
        )
    paths = _write(made, out)
    result = {**_result(made, paths), **({"proof_map": proof} if proof is not None else {}), **more}
    emit(result, as_json=as_json, lines=_lines(made, paths))
    return paths


def keep_record(
    area: "Area",
    camera: "Camera",
    home: "LonLat",
    params: "SurveyParams",
    paths: list[Path],
    dem: Path | None,
    orbit: "OrbitRecord | None" = None,
) -> None:
    """Write the record that `survey resume` reads, beside the first plan."""
    from missions.survey.record import SurveyRecord, record_path, write_record

    names = tuple(path.name for path in paths)
    height_model = None if dem is None else str(dem.resolve())
    record = SurveyRecord(area, camera, home, params, names, height_model, orbit)
    write_record(record, record_path(paths[0]))


def draw_proof(made: "SurveyPlan", path: Path) -> None:
    """The proof as a page or a picture, by the file's name."""
    from missions.survey.proofmap import save_page, save_picture

    if path.suffix.lower() == ".png":
        save_picture(made, path)
    else:
        title = made.sorties[0].mission.name if made.sorties else "survey"
        save_page(made, path, title.rpartition(" ")[0] if len(made.sorties) > 1 else title)


def _write(made: "SurveyPlan", out: Path) -> list[Path]:
    from missions.formats import write_plan

    count = len(made.sorties)
    paths = [out] if count == 1 else [out.with_stem(f"{out.stem}-{i}") for i in range(1, count + 1)]
    for sortie, path in zip(made.sorties, paths, strict=True):
        for lost in write_plan(sortie.mission, path):
            note(f"{path.name}: {lost}")
    return paths


def _result(made: "SurveyPlan", paths: list[Path]) -> dict[str, Any]:
    sorties = [
        {
            "path": path,
            "items": len(sortie.mission.items),
            "distance_m": round(sortie.distance_m, 1),
            "duration_s": round(sortie.duration_s, 1),
            "energy_Wh": round(sortie.energy_Wh, 2),
            "shots": len(sortie.shots),
            "launch": list(sortie.mission.home.position.xy),
            "aircraft": sortie.aircraft,
            **({} if sortie.start_s is None else {"start_s": round(sortie.start_s, 1)}),
        }
        for sortie, path in zip(made.sorties, paths, strict=True)
    ]
    return {
        "sorties": sorties,
        **({} if made.proof is None else proof_json(made.proof)),
        "legs_outside_m": round(made.legs_outside_m, 3),
        "proved": made.proved,
        "height_m": round(made.height_m, 2),
        "speed_ms": round(made.speed_ms, 2),
        "angle_deg": round(made.angle_deg, 1),
        "trigger_m": made.trigger_m,
    }


def proof_json(proof: "Proof") -> dict[str, Any]:
    """What a proof found, as plain values."""
    coverage, air = proof.coverage, proof.air
    gsd = proof.gsd_m
    return {
        "coverage": {
            "fraction": coverage.fraction,
            "min_overlap": coverage.min_overlap,
            "median_overlap": coverage.median_overlap,
            "cell_m": round(coverage.cell_m, 3),
            "cells": proof.cells,
            "missed": proof.missed,
            "histogram": list(proof.histogram),
        },
        "overlap": {
            "along": None if proof.along is None else proof.along.as_json(),
            "across": None if proof.across is None else proof.across.as_json(),
        },
        "gsd_m": None if gsd is None else {"finest": round(gsd[0], 4), "coarsest": round(gsd[1], 4)},
        "turns_outside_m": None if air is None else round(air.turns_outside_m, 3),
        "height_above_ground_m": _heights(proof),
        "faults": list(proof.faults),
    }


def _heights(proof: "Proof") -> dict[str, float] | None:
    air = proof.air
    if air is None or air.lowest_m is None or air.highest_m is None:
        return None
    return {"lowest": round(air.lowest_m, 1), "highest": round(air.highest_m, 1)}


def _lines(made: "SurveyPlan", paths: list[Path]) -> list[str]:
    lines = [
        f"{path}: {s.distance_m / 1000:.2f} km, {s.duration_s / 60:.1f} min, {s.energy_Wh:.0f} Wh, "
        f"{len(s.shots)} shots, {len(s.mission.items)} items{_who(s)}"
        for s, path in zip(made.sorties, paths, strict=True)
    ]
    facts = (
        f"height {made.height_m:.0f} m, speed {made.speed_ms:.1f} m/s, course {made.angle_deg:.0f} degrees, "
        f"a shot every {made.trigger_m:.1f} m"
    )
    return [*lines, facts, *(_proof_lines(made.proof) if made.proof is not None else [])]


def _who(sortie: "Sortie") -> str:
    """Which aircraft flies it and when, where several fly at once."""
    if sortie.start_s is None:
        return ""
    return f"; aircraft {sortie.aircraft}, starts {sortie.start_s / 60:.1f} min after the first"


def _proof_lines(proof: "Proof") -> list[str]:
    coverage = proof.coverage
    outside = proof.air.legs_outside_m if proof.air is not None else 0.0
    first = (
        f"proof: {coverage.fraction:.2%} seen, least photographed spot {coverage.min_overlap} times, "
        f"{outside:.1f} m of legs outside"
    )
    pairs = (
        f"neighbours share at least {_least(proof.along)} along and {_least(proof.across)} across the course"
    )
    return [first, pairs, *(f"NOT as asked: {fault}" for fault in proof.faults)]


def _least(overlap: "Overlap | None") -> str:
    return "(none)" if overlap is None else f"{overlap.least:.1%}"
