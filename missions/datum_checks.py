"""Whether the height model and the plan mean the same zero: a DEM that does not say over what it counts."""

import math
from collections.abc import Iterator
from dataclasses import replace

from missions.case import Case
from missions.finding import Finding, Severity, Verdict

RULE = "dem_datum"
AGREE_M = 10.0
RESTS_ON_DEM = frozenset({"height_above_ground", "terrain_clearance", "return_clearance", "return_height"})


def datum_findings(case: Case) -> Iterator[Finding]:
    """The DEM's height at home against the one that the plan states there."""
    apart = home_apart_m(case)
    if apart is None:
        return
    told = _told(case)
    ground, plan = _at_home(case), case.mission.home.elevation_m
    message = f"home is at {ground:.0f} m in the DEM and at {plan:.0f} m in the plan"
    if abs(apart) <= AGREE_M:
        yield Finding(RULE, Verdict.PASS, message, value=abs(apart), limit=AGREE_M)
        return
    cure = "correct the plan's home, or take the DEM of this place"
    if not told:
        message += ", and the DEM does not say what its heights count from"
        cure = (
            "write the DEM's datum into it (gdal_edit.py -a_srs EPSG:n+5773 for EGM96), or correct the"
            " plan's home"
        )
    yield Finding(
        RULE, Verdict.FAIL, message, severity=Severity.WARNING, value=abs(apart), limit=AGREE_M, cure=cure
    )


def with_doubt(case: Case, finding: Finding) -> Finding:
    """The finding, unknown where it passed on a DEM whose datum is not told and that disagrees with home."""
    if finding.rule not in RESTS_ON_DEM or finding.verdict is not Verdict.PASS or _told(case):
        return finding
    apart = home_apart_m(case)
    if apart is None or abs(apart) <= AGREE_M:
        return finding
    why = f"{finding.message}, if the DEM were right: it disagrees with the plan's home by {apart:+.0f} m"
    return replace(
        finding, verdict=Verdict.UNKNOWN, message=why, cure=f"give a DEM with its datum (see {RULE})"
    )


def home_apart_m(case: Case) -> float | None:
    """How much higher home is in the DEM than in the plan; None where either is not known."""
    plan, ground = case.mission.home.elevation_m, _at_home(case)
    return None if plan is None or not math.isfinite(ground) else ground - plan


def _at_home(case: Case) -> float:
    home = case.mission.home.position
    return math.nan if case.terrain is None else float(case.terrain.heights_m(*home.xy))


def _told(case: Case) -> bool:
    """Whether the terrain says over what its heights count; only a file can fail to."""
    return bool(getattr(case.terrain, "datum_told", True))
