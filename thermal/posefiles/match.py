"""Which record belongs to which frame: by name, by photo number, by time, or by order.

A camera's clock may be wrong by seconds or hours: the offset between it and the file's clock is estimated
from the pattern of the exposures, and refused where two offsets explain it equally well.
"""

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import BadFileError
from core.geo import FloatArray, LocalFrame
from thermal.frame import FrameInfo, PosePrior
from thermal.posefiles.record import PoseFile, PoseRecord

CLOSE_S = 0.6  # exposures written in whole seconds are off by half of one
CLEAR_WIN = 1.25  # times as many matches as the next best offset
_NUMBER = re.compile(r"(?:^|_)(\d{3,5})(?=_|$)")
_MOST_OFFSETS = 300


@dataclass(frozen=True, slots=True)
class Matched:
    """Frames with their new poses, in the order given; `how` says by what, `offset_s` the frames' clock
    ahead of the file's (None where time played no part). Frames without a record have lost their pose.
    """

    infos: tuple[FrameInfo, ...]
    how: str
    offset_s: float | None
    unmatched: tuple[Path, ...]
    notes: tuple[str, ...]


def match_photos(infos: Sequence[FrameInfo], file: PoseFile) -> Matched:
    """Give each frame its record's pose; raises BadFileError when the file fits no frame."""
    for how, find in (("name", _by_name), ("number", _by_number)):
        pairs = find(infos, file.records)
        if pairs:
            return _given(infos, file, pairs, how, None)
    pairs, offset_s = _by_time(infos, file.records)
    if pairs:
        return _given(infos, file, pairs, "time", offset_s)
    if len(infos) == len(file.records):
        return _given(infos, file, {i: i for i in range(len(infos))}, "order", None)
    raise BadFileError(
        file.path,
        f"its {len(file.records)} poses fit none of the {len(infos)} frames by name, number or time",
        hint="give a table whose first column is the frame's file name",
    )


def _by_name(infos: Sequence[FrameInfo], records: Sequence[PoseRecord]) -> dict[int, int]:
    rows: dict[str, int] = {}
    for row, record in enumerate(records):
        if record.name is not None:
            rows.setdefault(Path(record.name.replace("\\", "/")).stem.casefold(), row)
    pairs = {i: rows.get(info.path.stem.casefold()) for i, info in enumerate(infos)}
    return {i: row for i, row in pairs.items() if row is not None}


def _by_number(infos: Sequence[FrameInfo], records: Sequence[PoseRecord]) -> dict[int, int]:
    """Numbers in the frames' names, where they name each once and no clock speaks against it."""
    numbers = [_photo_number(info.path) for info in infos]
    rows = {r.number: row for row, r in enumerate(records) if r.number is not None and r.name is None}
    if not rows or None in numbers or len(set(numbers)) < len(numbers):
        return {}
    pairs = {i: rows[n] for i, n in enumerate(numbers) if n is not None and n in rows}
    ahead = [
        t - s
        for i, row in pairs.items()
        if (t := infos[i].time_s) is not None and (s := records[row].time_s) is not None
    ]
    steady = not ahead or float(np.ptp(ahead)) <= 2 * CLOSE_S
    return pairs if steady and 2 * len(pairs) >= len(infos) else {}


def _photo_number(path: Path) -> int | None:
    found = _NUMBER.findall(path.stem)
    return int(found[-1]) if found else None


def _by_time(
    infos: Sequence[FrameInfo], records: Sequence[PoseRecord]
) -> tuple[dict[int, int], float | None]:
    """Pairs at the clock offset that explains most exposures; empty where none, or two, do."""
    at = [i for i, info in enumerate(infos) if info.time_s is not None]
    rows = [row for row, record in enumerate(records) if record.time_s is not None]
    if len(at) < 2 or len(rows) < 2:
        return {}, None
    seen = np.array([infos[i].time_s for i in at], float)
    known = np.array([records[row].time_s for row in rows], float)
    offset_s = _offset(seen, known, _apart([infos[i].pose for i in at], [records[r].prior for r in rows]))
    if offset_s is None:
        return {}, None
    pairs = _nearest(seen - offset_s, known)
    return {at[i]: rows[j] for i, j in pairs.items()}, offset_s


def _apart(seen: Sequence[PosePrior | None], known: Sequence[PosePrior]) -> FloatArray | None:
    """Metres from each frame's own place to each record's, (frames, records); None where some lack one."""
    places = [pose.lonlat for pose in seen if pose is not None]
    if len(places) < len(seen):
        return None
    frame = LocalFrame(known[0].lonlat)
    a, b = (np.array([frame.point(p) for p in ps]) for ps in (places, [k.lonlat for k in known]))
    return np.asarray(np.hypot(*(a[:, None, :] - b[None]).transpose(2, 0, 1)), float)


def _offset(seen: FloatArray, known: FloatArray, apart_m: FloatArray | None) -> float | None:
    """The frames' clock ahead of the records', refined to the mean of the pairs; None where unclear."""
    steps, votes = np.unique(np.round((seen[:, None] - known[None]).ravel() / CLOSE_S), return_counts=True)
    candidates = steps[np.argsort(-votes, kind="stable")[:_MOST_OFFSETS]] * CLOSE_S
    scores = [_score(seen - c, known, apart_m) for c in candidates]
    order = np.argsort([-s for s in scores])
    best = candidates[order[0]]
    others = [scores[k] for k in order[1:] if abs(candidates[k] - best) > 2 * CLOSE_S]
    if scores[order[0]] < max(2.0, 0.5 * len(seen)) or (others and scores[order[0]] < CLEAR_WIN * others[0]):
        return None
    pairs = _nearest(seen - best, known, within_s=2 * CLOSE_S)
    return float(np.median([seen[i] - known[j] for i, j in pairs.items()]))


def _score(shifted: FloatArray, known: FloatArray, apart_m: FloatArray | None) -> float:
    """Matches of an offset, each counted less the farther its two places are apart."""
    pairs = _nearest(shifted, known)
    if apart_m is None:
        return float(len(pairs))
    return float(sum(1.0 / (1.0 + (apart_m[i, j] / 10.0) ** 2) for i, j in pairs.items()))


def _nearest(shifted: FloatArray, known: FloatArray, within_s: float = CLOSE_S) -> dict[int, int]:
    """Each frame's nearest record in time, none given twice."""
    order = np.argsort(known)
    right = np.clip(np.searchsorted(known[order], shifted), 1, len(known) - 1)
    left = right - 1
    closer = np.abs(known[order][left] - shifted) <= np.abs(known[order][right] - shifted)
    rows = order[np.where(closer, left, right)]
    gaps = np.abs(known[rows] - shifted)
    pairs: dict[int, int] = {}
    for i in np.argsort(gaps):
        if gaps[i] <= within_s and int(rows[i]) not in pairs.values():
            pairs[int(i)] = int(rows[i])
    return pairs


def _given(
    infos: Sequence[FrameInfo], file: PoseFile, pairs: dict[int, int], how: str, offset_s: float | None
) -> Matched:
    new = [
        with_pose(info, file.records[pairs[i]].prior if i in pairs else None, file)
        for i, info in enumerate(infos)
    ]
    unmatched = tuple(info.path for i, info in enumerate(infos) if i not in pairs)
    notes = [*file.notes, f"{file.path.name}: {len(pairs)} poses matched by {how}"]
    if offset_s is not None:
        notes.append(f"the camera's clock is {offset_s:+.2f} s off {file.path.name}")
    return Matched(tuple(new), how, offset_s, unmatched, tuple(notes))


def with_pose(info: FrameInfo, prior: PosePrior | None, file: PoseFile) -> FrameInfo:
    """The frame with a record's pose; the tags' attitude stays where the record has none."""
    if prior is None:
        return dataclasses.replace(info, pose=None, warnings=(*info.warnings, f"not in {file.path.name}"))
    if prior.attitude is None and info.pose is not None:
        prior = dataclasses.replace(
            prior, attitude=info.pose.attitude, sigma_attitude_deg=info.pose.sigma_attitude_deg
        )
    return dataclasses.replace(info, pose=prior)
