"""The order in which mission items run: navigation items one after another, the others beside them.

As in AP_Mission: the first DO item after a finished leg starts with it, those that follow run while the next
leg is flown, one a step, each when the one before is done. One report of a reached item waits to be sent, so
a DO item that reports in the same step replaces the leg's.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol

from flight.simulator.missionitems import Item

_JUMP = 177
_MOST_JUMPS = 100
_DELAY, _TAKEOFFS = 93, (22, 84)


class MissionState(IntEnum):
    """MISSION_STATE."""

    NONE = 1
    NOT_STARTED = 2
    ACTIVE = 3
    PAUSED = 4
    COMPLETE = 5


class Runner(Protocol):
    """Who carries items out."""

    def start_nav(self, seq: int, item: Item, after: Item | None) -> bool:
        """Begin to fly an item; False skips it."""
        ...

    def nav_done(self) -> bool:
        """Whether the item under way is flown."""
        ...

    def start_do(self, item: Item) -> None:
        """Begin an item that is not flown."""
        ...

    def do_done(self, item: Item) -> tuple[bool, bool]:
        """Whether such an item is done, and whether that is reported as reached."""
        ...

    def finished(self) -> None:
        """Nothing is left to fly."""
        ...


@dataclass(slots=True)
class Sequencer:
    """Where a mission is. `items` is the vehicle's list, number 0 being home."""

    items: list[Item]
    say: Callable[[str], None]
    nav_seq: int = 0
    do_seq: int = 0
    nav: Item | None = None
    do: Item | None = None
    do_active: bool = False
    running: bool = False
    complete: bool = False
    reached: int | None = None
    jumped: dict[int, int] = field(default_factory=dict)

    def state(self, *, paused: bool) -> MissionState:
        """As MISSION_CURRENT tells it."""
        if len(self.items) <= 1:
            return MissionState.NONE
        if self.complete:
            return MissionState.COMPLETE
        if not self.running:
            return MissionState.NOT_STARTED
        return MissionState.PAUSED if paused else MissionState.ACTIVE

    def reset(self) -> None:
        """Back to the beginning."""
        self.nav_seq = self.do_seq = 0
        self.nav = self.do = None
        self.do_active = False
        self.jumped.clear()

    def begin(self, runner: Runner, *, restart: bool) -> None:
        """Start, or go on with the item that was under way."""
        if restart or self.complete:
            self.reset()
        self.running, self.complete = True, False
        self._advance(runner, max(0, self.nav_seq - 1))

    def halt(self) -> None:
        """Stop; the item under way is kept for later."""
        self.running = False

    def jump_to(self, seq: int, runner: Runner | None) -> None:
        """Make an item the current one; with a runner, fly it now."""
        self.complete = False
        self.do, self.do_active = None, False
        if runner is None or not self.running:
            self.nav_seq, self.nav = seq, None
            return
        self._advance(runner, seq - 1)

    def step(self, runner: Runner) -> None:
        """Look after the item being flown and the one beside it."""
        if not self.running:
            return
        if self.nav is not None and runner.nav_done():
            self.reached = self.nav_seq
            self._advance(runner, self.nav_seq)
        if self.running:
            self._look_after_do(runner)

    def _look_after_do(self, runner: Runner) -> None:
        if not self.do_active or self.do is None:
            self._next_do(runner)
            return
        done, reported = runner.do_done(self.do)
        if done:
            self.do_active = False
            if reported:
                self.reached = self.do_seq

    def _next_do(self, runner: Runner) -> None:
        following = self.do_seq + 1
        if following >= self.nav_seq or self.do is None or following >= len(self.items):
            return
        item = self.items[following]
        if not item.is_nav and item.command != _JUMP:
            self._start_do(following, item, runner)

    def _start_do(self, seq: int, item: Item, runner: Runner) -> None:
        self.do_seq, self.do, self.do_active = seq, item, True
        self.say(f"Mission: {seq} {item.label}")
        runner.start_do(item)

    def _advance(self, runner: Runner, after: int) -> None:
        """Find the next item to fly after number `after`; the first DO item on the way starts at once."""
        self.nav = self.do = None
        self.do_active = False
        seq = after
        while True:
            seq = self._following(seq, say=True)
            if seq >= len(self.items):
                self._end(runner)
                return
            item = self.items[seq]
            if item.is_nav:
                if self._fly(runner, seq, item):
                    return
            elif self.do is None:
                self._start_do(seq, item, runner)

    def _fly(self, runner: Runner, seq: int, item: Item) -> bool:
        self.nav_seq, self.nav = seq, item
        self.say(f"Mission: {seq} {item.label}")
        if runner.start_nav(seq, item, self.next_nav(seq)):
            return True
        self.nav = None
        return False

    def takes_off(self, seq: int) -> bool:
        """Whether the first item to be flown from number `seq` on is a take-off; delays are passed over."""
        flown = (item for item in self.items[seq:] if item.is_nav and item.command != _DELAY)
        first = next(flown, None)
        return first is not None and first.command in _TAKEOFFS

    def next_nav(self, seq: int) -> Item | None:
        """The item that will be flown after number `seq`."""
        following = self.next_nav_seq(seq)
        return None if following is None else self.items[following]

    def next_nav_seq(self, seq: int) -> int | None:
        """Its number."""
        for _ in range(len(self.items)):
            seq = self._following(seq, say=False)
            if seq >= len(self.items):
                return None
            if self.items[seq].is_nav:
                return seq
        return None

    def _following(self, seq: int, *, say: bool) -> int:
        """The number after `seq`, through jumps; only with `say` are they counted."""
        seq += 1
        for _ in range(_MOST_JUMPS):
            if seq >= len(self.items) or self.items[seq].command != _JUMP:
                return seq
            target, times = int(self.items[seq].params[0]), int(self.items[seq].params[1])
            done = self.jumped.get(seq, 0)
            if (0 <= times <= done) or not 0 < target < len(self.items):
                seq += 1
                continue
            if say:
                self.jumped[seq] = done + 1
                self.say(f"Mission: {seq} Jump {done + 1}/{'unlimited' if times < 0 else times}")
            seq = target
        return len(self.items)

    def _end(self, runner: Runner) -> None:
        self.running, self.complete = False, True
        runner.finished()
