"""Which frames of a folder are worth placing, and why the others are not."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import SkyshadeError
from thermal.blunders import bad_tags, blurred
from thermal.inputs import Inputs, MapParams, check_dem
from thermal.loading import ReadFrame, SeenFrame, load_frames
from thermal.mosaic import Progress
from thermal.placement import first_level_m
from thermal.pose import Flight, Prior, Rejection, flight_from
from thermal.posefiles import PoseFile, match_poses
from thermal.sessions import one_session
from thermal.store import FrameStore


class NothingToMapError(SkyshadeError):
    """No frame is left to draw."""


@dataclass(frozen=True, slots=True)
class Sorted:
    """Frames worth placing with their priors, and the others with the reason; `notes` for the report."""

    flight: Flight
    seen: tuple[SeenFrame, ...]
    rejected: tuple[Rejection, ...]
    store: FrameStore
    notes: tuple[str, ...] = ()


def sort_frames(
    paths: Sequence[Path], params: MapParams, read: ReadFrame, given: Inputs, progress: Progress | None
) -> Sorted:
    """Read all files, place them by their tags, and leave out what must not be drawn."""
    seen, unreadable, store = load_frames(paths, read, params.ties, workers=params.workers, progress=progress)
    if not seen:
        first = unreadable[0]
        raise NothingToMapError(f"no frame can be used: {first.path}: {first.reason}")
    seen, others, hours = one_session(seen, params.sessions)
    seen, matched = _with_given_poses(seen, given.poses)
    flight, unplaced = flight_from([s.info for s in seen])
    check_dem(params, given.dem, flight)
    tagged, bad = bad_tags(flight, params.blunders)
    by_path = {s.info.path: s for s in seen}
    details = [by_path[p.info.path].detail for p in tagged]
    sharp, unsharp = blurred(tagged, details, first_level_m(flight, given.dem), params.blunders)
    kept = tuple(tagged[i] for i in sharp)
    rejected = (*unreadable, *others, *unplaced, *bad, *unsharp)
    if not kept:
        raise NothingToMapError(f"no frame can be used: {rejected[0].path}: {rejected[0].reason}")
    frames = tuple(by_path[p.info.path] for p in kept)
    notes = (*hours, *matched, *_cameras(flight.priors))
    return Sorted(replace(flight, priors=kept), frames, rejected, store, notes)


def _with_given_poses(
    seen: list[SeenFrame], poses: PoseFile | None
) -> tuple[list[SeenFrame], tuple[str, ...]]:
    if poses is None:
        return seen, ()
    matched = match_poses([s.info for s in seen], poses)
    return [replace(s, info=info) for s, info in zip(seen, matched.infos, strict=True)], matched.notes


def _cameras(priors: Sequence[Prior]) -> tuple[str, ...]:
    """A word on a folder with frames of several cameras."""
    count = Counter(p.info.model for p in priors)
    if len(count) < 2:
        return ()
    told = ", ".join(f"{name} {n}" for name, n in count.most_common())
    return (
        f"The folder holds frames of several cameras ({told}): each camera's frames make a map of their own.",
    )
