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

_JUMPS = _JUMP, _JUMP_TO_TAG = 177, 601
_TAG = 600
_FOR_EVER = -1
_MOST_JUMPS, _MOST_LOOPS = 64, 255
_DELAY, _TAKEOFFS, _TO_ALTITUDE = 93, (22, 84), 31


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
    """Where a mission is. `items` is the vehicle's list, number 0 being home; number 0 as the current one
    means none. The items under way are kept as they were when begun: the list may change beneath them.
    """

    items: list[Item]
    say: Callable[[str], None]
    progress: MissionState = MissionState.NOT_STARTED
    nav_seq: int = 0
    do_seq: int = 0
    nav: Item | None = None
    do: Item | None = None
    nav_active: bool = False
    do_active: bool = False
    no_more_do: bool = False
    reached: int | None = None
    jumped: dict[int, int] = field(default_factory=dict)

    @property
    def running(self) -> bool:
        return self.progress is MissionState.ACTIVE

    @property
    def complete(self) -> bool:
        return self.progress is MissionState.COMPLETE

    def state(self, *, paused: bool) -> MissionState:
        """As MISSION_CURRENT tells it."""
        if paused:
            return MissionState.PAUSED
        return MissionState.NONE if len(self.items) <= 1 else self.progress

    def reset(self) -> None:
        """Nothing is current; whether it runs stays."""
        self.nav_seq, self.nav, self.nav_active = 0, None, False
        self._forget_do()
        self.jumped.clear()

    def _forget_do(self) -> None:
        self.do_seq, self.do, self.do_active, self.no_more_do = 0, None, False, False

    def clear(self) -> None:
        """The list was cleared."""
        self.nav_seq = self.do_seq = 0
        self.nav_active = self.do_active = False
        self.progress = MissionState.NOT_STARTED

    def begin(self, runner: Runner, *, restart: bool) -> None:
        """Start, or go on with the item that was under way."""
        stopped = self.progress is MissionState.NOT_STARTED
        if stopped:
            self.progress = MissionState.ACTIVE
        gone = not 0 < self.nav_seq < len(self.items)
        if restart or self.complete or gone:
            self._start(runner)
            return
        self.nav = self.items[self.nav_seq]
        if self.do_active and self.do_seq:
            self.make_current(self.do_seq, runner)
        elif self.nav_active:
            self.make_current(self.nav_seq, runner)

    def _start(self, runner: Runner) -> None:
        self.progress = MissionState.ACTIVE
        self.reset()
        if not self._advance(runner, 1):
            self._end(runner)

    def halt(self) -> None:
        """Stop; the item under way is kept for later."""
        if self.running:
            self.progress = MissionState.NOT_STARTED

    def make_current(self, seq: int, runner: Runner) -> bool:
        """Make an item the current one; a mission that runs flies it now. False where there is nothing."""
        if seq >= len(self.items) or len(self.items) == 1:
            return False
        self._forget_do()
        self.nav_active = False
        if seq == 0 or self.complete:
            self.jumped.clear()
            seq = max(1, seq)
        if not self.running:
            return self._choose(seq)
        if not self._advance(runner, seq):
            self._end(runner)
            return False
        return True

    def _choose(self, seq: int) -> bool:
        """Where a mission that does not run will go on: at the first item to be flown from `seq` on."""
        while True:
            seq = self._counted(seq)
            if seq >= len(self.items):
                self.nav_seq = 0
                return False
            item = self.items[seq]
            if item.is_nav:
                break
            if not self.do_active:
                self.do_seq, self.do, self.do_active = seq, item, True
            seq += 1
        self.nav_seq, self.nav, self.nav_active = seq, item, True
        self.no_more_do = not self.do_active
        self.progress = MissionState.NOT_STARTED
        return True

    def restart_nav(self, runner: Runner) -> bool:
        """Begin the current item anew, as the list has it now; False where there is none."""
        if not self.running or not 0 < self.nav_seq < len(self.items):
            return False
        return self.make_current(self.nav_seq, runner)

    def step(self, runner: Runner) -> None:
        """Look after the item being flown and the one beside it."""
        if not self.running or not self.items:
            return
        if self.nav_active and self.nav_seq and runner.nav_done():
            self._flown()
        if not self.nav_active and not self._advance(runner, self.nav_seq + 1):
            self._end(runner)
            return
        self._look_after_do(runner)

    def _flown(self) -> None:
        self.nav_active = False
        if self.nav is not None and self.nav.command != _TO_ALTITUDE:  # whose end ArduCopter does not report
            self.reached = self.nav_seq

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
        if not self.running or self.no_more_do:
            return
        seq = self._quietly(self.do_seq + 1)
        if seq >= len(self.items) or self.items[seq].is_nav:
            self.no_more_do = True
            return
        self._start_do(seq, self.items[seq], runner)

    def _start_do(self, seq: int, item: Item, runner: Runner) -> None:
        self.do_seq, self.do, self.do_active = seq, item, True
        self.say(f"Mission: {seq} {item.label}")
        runner.start_do(item)

    def _advance(self, runner: Runner, seq: int) -> bool:
        """Fly the next item from number `seq` on; the first DO item on the way starts at once."""
        self._forget_do()
        for _ in range(_MOST_LOOPS):
            seq = self._counted(seq)
            if seq >= len(self.items):
                return False
            item = self.items[seq]
            if item.is_nav and self._fly(runner, seq, item):
                self.no_more_do = not self.do_active
                return True
            if not item.is_nav and not self.do_active:
                self._start_do(seq, item, runner)
            seq += 1
        return False

    def _fly(self, runner: Runner, seq: int, item: Item) -> bool:
        self.nav_seq, self.nav = seq, item
        self.say(f"Mission: {seq} {item.label}")
        self.nav_active = runner.start_nav(seq, item, self.next_nav(seq))
        return self.nav_active

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
            seq = self._quietly(seq + 1)
            if seq >= len(self.items):
                return None
            if self.items[seq].is_nav:
                return seq
        return None

    def ahead(self, count: int) -> tuple[tuple[int, Item], ...]:
        """The next items to be flown with their numbers, the current one first."""
        found: list[tuple[int, Item]] = []
        seq = self.next_nav_seq(self.nav_seq - 1) if self.nav_seq else None
        while seq is not None and len(found) < count:
            found.append((seq, self.items[seq]))
            seq = self.next_nav_seq(seq)
        return tuple(found)

    # -- jumps

    def _target(self, item: Item) -> int:
        if item.command == _JUMP:
            return int(item.params[0])
        tagged = (
            n for n, it in enumerate(self.items) if it.command == _TAG and it.params[0] == item.params[0]
        )
        return next(tagged, 0)

    def _counted(self, seq: int) -> int:
        """The first number from `seq` on that is no jump; jumps on the way are counted and told."""
        for _ in range(_MOST_JUMPS):
            if seq >= len(self.items) or self.items[seq].command not in _JUMPS:
                return seq
            item = self.items[seq]
            target, times = self._target(item), int(item.params[1])
            if not 0 < target < len(self.items):
                break
            done = self.jumped.get(seq, 0)
            if times == _FOR_EVER or done < times:
                self._count(seq, times)
                seq = target
            else:
                seq += 1
        return len(self.items)

    def _count(self, seq: int, times: int) -> None:
        """Note a jump and tell of it, but for the first of those without end."""
        told = times != _FOR_EVER or seq in self.jumped
        self.jumped[seq] = self.jumped.get(seq, 0) + 1
        if told:
            self.say(f"Mission: {seq} Jump {self.jumped[seq]}/{'unlimited' if times == _FOR_EVER else times}")

    def _quietly(self, seq: int) -> int:
        """The same without counting; the same jump twice leads nowhere."""
        first: int | None = None
        for _ in range(_MOST_JUMPS):
            if seq >= len(self.items) or self.items[seq].command not in _JUMPS:
                return seq
            item = self.items[seq]
            target, times = self._target(item), int(item.params[1])
            if not 0 < target < len(self.items) or seq == first:
                break
            first = seq if first is None else first
            seq = target if times == _FOR_EVER or self.jumped.get(seq, 0) < times else seq + 1
        return len(self.items)

    def _end(self, runner: Runner) -> None:
        self.progress = MissionState.COMPLETE
        runner.finished()
