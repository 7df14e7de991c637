"""Tiles are the same bytes whoever draws them; what is finished is kept; nothing is lost half-way."""

import errno
import os
from dataclasses import dataclass, field

import numpy as np
import pytest
from fakes.stored_flight import READ, store

from core.errors import OutputError
from core.files import write_bytes
from gis.raster import read_band
from thermal.align import AlignParams
from thermal.drift import DriftParams
from thermal.driftsolve import SolveParams
from thermal.mapmaker import MapParams, make_map
from thermal.work.executors import Processes, Threads, WorkersLostError
from thermal.work.record import KeepParams
from thermal.work.redraw import known_before, record_path
from thermal.work.shelf import Shelf, opened
from thermal.work.unit import TileTask

GSD_M = 0.08


@pytest.fixture(scope="module")
def frames(made, tmp_path_factory):
    """Files of one line; positions are good, so that added frames hardly move the others."""
    noise = made.Noise(position_m=0.02, attitude_deg=0.2)
    flight = made.fly(made.Scene(seed=4), lines=1, per_line=6, noise=noise)
    return store(flight.frames.values(), tmp_path_factory.mktemp("비행 기록") / "열화상 1")


@pytest.fixture(scope="module")
def whole(frames, tmp_path_factory):
    """The map of all frames in one go."""
    out = tmp_path_factory.mktemp("whole") / "열 지도.tif"
    return drawn(frames, out)


def drawn(frames, out, write=write_bytes, **params):
    chosen = MapParams(**{"gsd_m": GSD_M, "tile_blocks": 1, "crs": "EPSG:5186", **params})
    return make_map(frames, out, chosen, read=READ, write=write)


@dataclass(frozen=True)
class Stopping:
    """Draws `good` tiles, then the user presses Ctrl-C."""

    good: int

    def run(self, function, shared, tasks):
        tiles = isinstance(tasks[0], TileTask)
        for task in tasks[: self.good] if tiles else tasks:
            yield task, function(shared, task)
        if tiles:
            raise KeyboardInterrupt


@dataclass
class FullDisk:
    """Room for `room` more tiles."""

    room: int
    tried: list = field(default_factory=list)

    def __call__(self, path, data):
        if path.suffix == ".tile":
            self.tried.append(path)
            if len(self.tried) > self.room:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write_bytes(path, data)


def test_a_second_run_keeps_every_tile_and_writes_the_same_bytes(frames, tmp_path):
    out = tmp_path / "map.tif"
    first = drawn(frames, out)
    before = out.read_bytes()
    again = drawn(frames, out)
    assert first.tiles_kept == 0
    assert (again.tiles_kept, again.tiles_drawn) == (first.tiles_drawn, 0)
    assert first.tiles_drawn >= 4
    assert out.read_bytes() == before
    assert again.seam_p95_K == first.seam_p95_K


def test_processes_draw_the_same_bytes_as_threads(frames, whole, tmp_path):
    out = tmp_path / "map.tif"
    drawn(frames, out, executor=Processes(2))
    assert out.read_bytes() == whole.path.read_bytes()


def test_a_run_stopped_by_the_user_goes_on_and_ends_in_the_same_map(frames, whole, tmp_path):
    out = tmp_path / "열 지도.tif"
    with pytest.raises(KeyboardInterrupt):
        drawn(frames, out, executor=Stopping(3))
    assert not out.exists()
    assert len(Shelf(out).found()) == 3
    resumed = drawn(frames, out)
    assert resumed.tiles_kept == 3
    assert resumed.tiles_drawn == whole.tiles_drawn - 3
    assert out.read_bytes() == whole.path.read_bytes()
    assert not Shelf(out).folder.exists()


def test_a_tile_that_was_damaged_by_a_power_cut_is_drawn_again(frames, whole, tmp_path):
    out = tmp_path / "map.tif"
    with pytest.raises(KeyboardInterrupt):
        drawn(frames, out, executor=Stopping(3))
    tiles = sorted(Shelf(out).folder.glob("*.tile"))
    tiles[0].write_bytes(tiles[0].read_bytes()[:-100])
    tiles[1].write_bytes(b"")
    with pytest.raises(ValueError, match="damaged"):
        opened(tiles[0])
    resumed = drawn(frames, out)
    assert resumed.tiles_kept == 1
    assert out.read_bytes() == whole.path.read_bytes()


def test_a_full_disk_is_named_keeps_what_is_done_and_leaves_the_map_of_before(frames, whole, tmp_path):
    out = tmp_path / "map.tif"
    drawn(frames[:2], out, gsd_m=0.3)
    before = out.read_bytes()
    with pytest.raises(OutputError, match=r"map\.tif: the disk is full; make room .* the map of before"):
        drawn(frames, out, write=FullDisk(3), gsd_m=GSD_M / 1.01)
    assert out.read_bytes() == before
    assert len(Shelf(out).found()) == 3
    after = drawn(frames, out, gsd_m=GSD_M / 1.01)
    assert after.tiles_kept == 3


def test_added_frames_redraw_the_tiles_they_touch_and_no_others(made, tmp_path):
    """Bounds are wide here, so that all that counts is which tiles the new frames reach."""
    flight = made.fly(made.Scene(seed=4), lines=1, per_line=12)
    paths = store(flight.frames.values(), tmp_path / "frames")
    out = tmp_path / "map.tif"
    wide = KeepParams(place_px=50.0, correction_K=50.0)
    first = drawn(paths[:9], out, keep=wide)
    old, sources = (read_band(out, band) for band in (1, 4))
    both = drawn(paths, out, keep=wide)
    new, now = (read_band(out, band) for band in (1, 4))
    assert both.frames_used == 12
    assert both.tiles_kept > 0
    assert both.tiles_drawn > 0
    assert both.tiles_kept + both.tiles_drawn > first.tiles_drawn
    same = tiles_alike(old, new)
    assert len(same) >= 2
    for before, after in same:
        assert np.array_equal(sources.values[before], now.values[after], equal_nan=True)
    assert set(np.unique(now.values[np.isfinite(now.values)])) <= set(range(1, 13))


def tiles_alike(old, new):
    """Places (in both maps) of the tiles of 512 pixels that are the same to the last bit, and not empty."""
    top, left = np.rint(new.grid.row_col(old.grid.xy(np.zeros(1), np.zeros(1)))[0]).astype(int)
    found = []
    for window in old.grid.windows(512):
        before = window.slices
        after = tuple(slice(s.start + by, s.stop + by) for s, by in zip(before, (top, left), strict=True))
        values = old.values[before]
        if np.isfinite(values).any() and np.array_equal(values, new.values[after], equal_nan=True):
            found.append((before, after))
    return found


def test_a_changed_option_draws_every_tile_anew(frames, tmp_path):
    out = tmp_path / "map.tif"
    drawn(frames[:2], out, gsd_m=0.3)
    assert drawn(frames[:2], out, gsd_m=0.3, crs="EPSG:32652").tiles_kept == 0


def test_a_map_made_to_other_wishes_is_not_held_where_the_old_one_lay(frames, tmp_path):
    other = {
        "gsd_m": 0.2,
        "drift": DriftParams(solve=SolveParams(walk_K=0.02)),
        "align": AlignParams(k1=0.01),
    }
    out = tmp_path / "map.tif"
    drawn(frames[:3], out, gsd_m=0.2)
    drawn(frames[:3], out, **other)
    afresh = drawn(frames[:3], tmp_path / "afresh.tif", **other).path
    assert np.array_equal(read_band(out, 1).values, read_band(afresh, 1).values, equal_nan=True)


def test_a_frame_that_was_changed_on_disk_is_drawn_anew(made, tmp_path):
    flight = made.fly(made.Scene(seed=4), lines=1, per_line=2)
    paths = store(flight.frames.values(), tmp_path / "f")
    out = tmp_path / "map.tif"
    drawn(paths, out, gsd_m=0.3)
    stat = paths[0].stat()
    os.utime(paths[0], ns=(stat.st_atime_ns, stat.st_mtime_ns + 1_000_000_000))
    assert drawn(paths, out, gsd_m=0.3).tiles_drawn > 0


@pytest.mark.parametrize("content", [b"", b"\x1f\x8b", b"no gzip", None])
def test_a_record_that_cannot_be_read_is_none_at_all(whole, tmp_path, content):
    out = tmp_path / "map.tif"
    out.write_bytes(whole.path.read_bytes())
    if content is not None:
        record_path(out).write_bytes(content)
    assert known_before(Shelf(out)) is None
    record_path(out).write_bytes(record_path(whole.path).read_bytes())
    assert known_before(Shelf(out)).grid == read_band(out).grid


def test_a_process_that_dies_is_replaced(tmp_path):
    done = dict(Processes(2).run(work_of("dies_once"), str(tmp_path), list(range(8))))
    assert done == {k: k * 10 for k in range(8)}


def test_processes_that_die_again_and_again_are_reported(tmp_path):
    with pytest.raises(WorkersLostError, match="died 2 times"):
        list(Processes(1, lives=2).run(work_of("dies_always"), str(tmp_path), [1, 2]))


def work_of(name):
    from fakes import dying

    return getattr(dying, name)


@pytest.mark.parametrize("executor", [Threads(2), Processes(1)])
def test_an_error_of_one_task_ends_the_run_with_it(executor, tmp_path):
    with pytest.raises(ZeroDivisionError):
        list(executor.run(work_of("divides"), 1, [1, 2, 0, 3]))


def test_an_executor_holds_only_a_few_results(tmp_path):
    """Tasks are given out as results are taken: a slow writer is not buried."""
    started = []

    def note(_shared, task):
        started.append(task)
        return task

    results = Threads(2).run(note, None, list(range(100)))
    next(results)
    assert len(started) <= 6
    results.close()
    assert len(started) <= 6
