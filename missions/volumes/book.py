"""Who has which air: reserved volumes, found again quickly."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray

from core.geo import Datum, FloatArray
from missions.volumes.volume import INTERIORS_MEET, Volume4D

_BOUNDS = 8  # west, south, floor, start, east, north, ceiling, end
_LOW, _HIGH = slice(0, 4), slice(4, 8)
_FIRST_ROOM = 256


@dataclass(frozen=True, slots=True)
class Meeting:
    """A volume of a new flight that meets a reserved one: the index among the new, the holder, theirs."""

    index: int
    holder: str
    volume: Volume4D


@dataclass(slots=True)
class Book:
    """Volumes by holder (a flight's name), all over one datum.

    Their boxes stand in one table, so that a question reads it once; exact outlines are compared only where
    boxes meet.
    """

    datum: Datum = Datum.GEOID
    _held: dict[str, list[int]] = field(default_factory=dict)
    _volumes: list[Volume4D | None] = field(default_factory=list)
    _holders: list[str] = field(default_factory=list)
    _free: list[int] = field(default_factory=list)
    _boxes: FloatArray = field(default_factory=lambda: np.full((_FIRST_ROOM, _BOUNDS), np.nan))
    _outlines: NDArray[np.object_] = field(default_factory=lambda: np.full(_FIRST_ROOM, None, object))

    def __len__(self) -> int:
        return len(self._volumes) - len(self._free)

    def __contains__(self, holder: str) -> bool:
        return holder in self._held

    def reserve(self, holder: str, volumes: Sequence[Volume4D]) -> None:
        """Write `volumes` under `holder`, in place of what it had. Asks nobody: see `meetings`."""
        for volume in volumes:
            self._checked(volume)
        self.release(holder)
        self._held[holder] = [self._place(holder, volume) for volume in volumes]

    def release(self, holder: str) -> None:
        """Give back what `holder` has; nothing happens when it has nothing."""
        for row in self._held.pop(holder, []):
            self._boxes[row] = np.nan
            self._outlines[row] = self._volumes[row] = None
            self._free.append(row)

    def expire(self, now_s: float) -> int:
        """Give back what ended by `now_s`; the number of holders that have nothing left and are gone."""
        with np.errstate(invalid="ignore"):
            over = set(np.flatnonzero(self._boxes[: len(self._volumes), 7] <= now_s).tolist())
        gone = 0
        for holder in {self._holders[row] for row in over}:
            rows = self._held[holder]
            kept = [v for row in rows if row not in over and (v := self._volumes[row]) is not None]
            self.release(holder)
            if kept:
                self.reserve(holder, kept)
            gone += not kept
        return gone

    def volumes_of(self, holder: str) -> tuple[Volume4D, ...]:
        """What `holder` has."""
        rows = self._held.get(holder, [])
        return tuple(v for row in rows if (v := self._volumes[row]) is not None)

    def meetings(self, volumes: Sequence[Volume4D], *, but: str = "") -> tuple[Meeting, ...]:
        """Where `volumes` meet reserved ones of others than `but`, in order of the new volumes."""
        if not volumes:
            return ()
        for volume in volumes:
            self._checked(volume)
        boxes = _boxes(volumes)
        near = self._near(boxes)
        return tuple(m for m in self._exact(volumes, boxes, near) if m.holder != but)

    def meets_boxes(self, boxes: FloatArray) -> bool:
        """Whether any of some boxes (n, 8: west, south, floor, start, east, north, ceiling, end) meets a
        reserved one's: where none does nothing meets, where one does `meetings` tells more.
        """
        table = self._boxes[self._near(boxes)]
        if not len(table):
            return False
        low = table[None, :, _LOW] < boxes[:, None, _HIGH]
        high = table[None, :, _HIGH] > boxes[:, None, _LOW]
        return bool((low & high).all(axis=2).any())

    def _near(self, boxes: FloatArray) -> NDArray[np.intp]:
        """Rows whose box meets the box round all of `boxes`; NaN of empty rows meets nothing."""
        table = self._boxes[: len(self._volumes)]
        low, high = boxes[:, _LOW].min(axis=0), boxes[:, _HIGH].max(axis=0)
        found = np.arange(len(table))
        for column in range(4):  # the emptier table goes to the next test
            found = found[(table[found, column] < high[column]) & (table[found, column + 4] > low[column])]
        return found

    def _exact(
        self, volumes: Sequence[Volume4D], boxes: FloatArray, near: NDArray[np.intp]
    ) -> Iterator[Meeting]:
        table = self._boxes[near]
        for index, (volume, box) in enumerate(zip(volumes, boxes, strict=True)):
            close = near[((table[:, _LOW] < box[_HIGH]) & (table[:, _HIGH] > box[_LOW])).all(axis=1)]
            if not len(close):
                continue
            met = close[shapely.relate_pattern(self._outlines[close], volume.outline, INTERIORS_MEET)]
            for row in sorted(met.tolist()):
                theirs = self._volumes[row]
                assert theirs is not None  # noqa: S101  # a row with a box has a volume
                yield Meeting(index, self._holders[row], theirs)

    def _checked(self, volume: Volume4D) -> None:
        if volume.datum is not self.datum:
            raise ValueError(
                f"this book is over the {self.datum.value}, the volume over {volume.datum.value}"
            )

    def _place(self, holder: str, volume: Volume4D) -> int:
        if self._free:
            row = self._free.pop()
            self._volumes[row], self._holders[row] = volume, holder
        else:
            row = len(self._volumes)
            self._volumes.append(volume)
            self._holders.append(holder)
            self._grow(row + 1)
        self._boxes[row] = _boxes([volume])[0]
        self._outlines[row] = volume.outline
        return row

    def _grow(self, rows: int) -> None:
        have = len(self._boxes)
        if rows > have:
            self._boxes = np.vstack([self._boxes, np.full((have, _BOUNDS), np.nan)])
            self._outlines = np.concatenate([self._outlines, np.full(have, None, object)])


def _boxes(volumes: Sequence[Volume4D]) -> FloatArray:
    """(n, 8): west, south, floor, start, east, north, ceiling, end."""
    flat = shapely.bounds([v.outline for v in volumes])
    rest = np.array([(v.floor_m, v.start_s, v.ceiling_m, v.end_s) for v in volumes])
    return np.column_stack([flat[:, :2], rest[:, :2], flat[:, 2:], rest[:, 2:]])
