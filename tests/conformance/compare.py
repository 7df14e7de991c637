"""Two vehicles' answers to one case, side by side: a verdict with each difference in words.

Every tolerance is a constant here with its reason; nothing else is forgiven, and nothing is known of cases.
"""

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from conformance.align import aligned
from conformance.answers import Answer

REPLY_S = 1.0  # a station hears and asks in steps of up to a quarter second, a relayed reply takes two
EVENT_S = 1.5  # heartbeats come once a second: a mode or a status may be seen that late
FLOWN_SHARE = 0.05  # flown times agree within five in a hundred, counted from arming
BOOT_S = 4.0  # a starting vehicle has no time stamps at first; the states it starts with are no answers
BRIEF_S = 2.0  # a state that lasts less may fall between two heartbeats
ORDER_S = 0.6  # events closer than this in both may change places: texts wait for their turn
NUMBER_SHARE, NUMBER_LEAST = 0.1, 0.06  # measured numbers: voltage sag, charge, speed at touchdown
EXACT_SHARE = 1e-4  # parameters and stored items come back as float32
HOME_E7, HOME_M = 60.0, 0.5  # home is where the estimate was at arming: half a metre
SHOTS_LEAST, SHOTS_SHARE = 1, 0.02  # the distance trigger depends on the track flown
ASKED_AGAIN_S = 0.9  # ArduPilot asks again each second
REPEATS = 1.0  # an item is asked for again each second: one more or less at the edge of a second
ASKS = "asks for item "
STATES = ("state", "mode")
REPLIES = ("reply", "params", "files", "version")  # each sent from a queue of its own


@dataclass(frozen=True, slots=True)
class Difference:
    """One disagreement: simulated seconds since boot in the real vehicle's transcript, and what it is."""

    at_s: float
    text: str

    def __str__(self) -> str:
        return f"{self.at_s:.1f} s: {self.text}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a case."""

    differences: tuple[Difference, ...]

    @property
    def agrees(self) -> bool:
        return not self.differences


Pair = tuple[Answer, Answer]


def compare(real: Sequence[Answer], other: Sequence[Answer], until_s: float) -> Verdict:
    """What `other` answered otherwise than `real` until the case's end."""
    clock = _Flown.of(real)
    found: list[Difference] = []
    pairs: list[Pair] = []
    for channel in sorted({a.channel for a in (*real, *other)} - {"shots"}):
        match = _in_order if channel in REPLIES else _by_key
        here, there = (_started(a for a in side if a.channel == channel) for side in (real, other))
        here, there = _once(here), _once(there)
        matched, differences = match(here, there, clock, until_s)
        pairs += matched
        found += differences
    for a, b in pairs:
        found += _details(a, b, clock)
    found += [*_order(pairs), *_shots(real, other)]
    return Verdict(tuple(sorted(found, key=lambda d: d.at_s)))


@dataclass(frozen=True, slots=True)
class _Flown:
    """When the real vehicle was armed: how far its and another's flight may have drifted apart."""

    armed_s: tuple[float, ...]

    @classmethod
    def of(cls, answers: Iterable[Answer]) -> "_Flown":
        return cls(tuple(a.at_s for a in answers if a.key == "6 Arming motors"))

    def tolerance(self, answer: Answer) -> float:
        if answer.at_s < BOOT_S:
            return BOOT_S
        if answer.channel in REPLIES:
            return REPLY_S
        since = [start for start in self.armed_s if start <= answer.at_s]
        return EVENT_S + FLOWN_SHARE * (answer.at_s - since[-1] if since else 0.0)

    def near(self, real: Answer, other: Answer) -> bool:
        """Whether their times agree, each as late as its station's message was."""
        apart_s, excused_s = other.at_s - real.at_s, other.late_s - real.late_s
        return min(abs(apart_s), abs(apart_s - excused_s)) <= self.tolerance(real)


def _family(key: str) -> str:
    return "arming" if key in ("armed", "disarmed") else key.rsplit(" ", 1)[0].split(" ", maxsplit=1)[0]


def _started(answers: Iterable[Answer]) -> list[Answer]:
    """Without the states of a vehicle that still starts."""
    return [a for a in answers if a.channel not in STATES or a.at_s >= BOOT_S]


def _once(answers: Iterable[Answer]) -> list[Answer]:
    """Requests for an item that are repeated for want of an answer, as one with their number."""
    found: list[Answer] = []
    last: dict[str, int] = {}  # by mission type
    for answer in answers:
        kind = answer.key.split("/")[0]
        at = last.get(kind, -1)
        if not answer.key.startswith(ASKS):
            found.append(answer)
        elif at >= 0 and found[at].key == answer.key and _again(found, at, answer):
            found[at] = replace(found[at], numbers=(found[at].numbers[0] + 1.0,))
        else:
            found.append(replace(answer, numbers=(1.0,)))
            last[kind] = len(found) - 1
    return found


def _again(found: Sequence[Answer], last: int, answer: Answer) -> bool:
    beside = last == len(found) - 1
    return beside or answer.at_s - found[last].at_s >= ASKED_AGAIN_S * found[last].numbers[0]


def _brief(answers: Sequence[Answer]) -> set[Answer]:
    """States that lasted too briefly to be seen for certain, and the return from one to that before it."""
    families: dict[str, list[Answer]] = defaultdict(list)
    for answer in answers:
        families[_family(answer.key)].append(answer)
    following = [pair for seen in families.values() for pair in itertools.pairwise(seen)]
    brief = {a for a, b in following if a.channel in STATES and b.at_s - a.at_s < BRIEF_S}
    runs = ((a, b, c) for (a, b), (_, c) in itertools.pairwise(following) if b in brief)
    return brief | {c for a, b, c in runs if a.key == c.key and _family(a.key) == _family(b.key)}


def _missing(answers: Iterable[Answer], clock: _Flown, until_s: float, what: str) -> list[Difference]:
    """Those on one side only, but for what may have come after the end."""
    return [Difference(a.at_s, f"{what} '{a.key}'") for a in answers if a.at_s < until_s - clock.tolerance(a)]


def _in_order(
    real: list[Answer], other: list[Answer], clock: _Flown, until_s: float
) -> tuple[list[Pair], list[Difference]]:
    """Replies: one sequence, strictly."""
    pairs: list[Pair] = []
    found: list[Difference] = []
    for a, b in aligned(real, other, clock.near):
        if a is None or b is None:
            found += _missing([a] if a else [], clock, until_s, "only real")
            found += _missing([b] if b else [], clock, until_s, "only embedded")
        elif a.key == b.key:
            pairs.append((a, b))
        else:
            found.append(Difference(a.at_s, f"real '{a.key}', embedded '{b.key}'"))
    return pairs, found


def _by_key(
    real: list[Answer], other: list[Answer], clock: _Flown, until_s: float
) -> tuple[list[Pair], list[Difference]]:
    """Words and states: each key by itself, nearest in time."""
    brief = _brief(real) | _brief(other)
    ours: dict[str, list[Answer]] = defaultdict(list)
    for answer in other:
        ours[answer.key].append(answer)
    theirs: dict[str, list[Answer]] = defaultdict(list)
    for answer in real:
        theirs[answer.key].append(answer)
    pairs: list[Pair] = []
    found: list[Difference] = []
    for key in {**theirs, **ours}:
        matched, lone, extra = _paired(theirs[key], ours[key])
        pairs += matched
        found += _missing((a for a in lone if a not in brief), clock, until_s, "only real")
        found += _missing((a for a in extra if a not in brief), clock, until_s, "only embedded")
    return pairs, found


def _paired(real: list[Answer], other: list[Answer]) -> tuple[list[Pair], list[Answer], list[Answer]]:
    """Pairs, and what is left on either side: in order if there are as many, else the nearest ones."""
    if len(real) == len(other):
        return list(zip(real, other, strict=True)), [], []
    near = sorted((abs(a.at_s - b.at_s), i, j) for i, a in enumerate(real) for j, b in enumerate(other))
    taken: dict[int, int] = {}
    for _, i, j in near:
        if i not in taken and j not in taken.values():
            taken[i] = j
    lone = [a for i, a in enumerate(real) if i not in taken]
    extra = [b for j, b in enumerate(other) if j not in taken.values()]
    return [(real[i], other[j]) for i, j in sorted(taken.items())], lone, extra


def _details(a: Answer, b: Answer, clock: _Flown) -> list[Difference]:
    found = []
    if not clock.near(a, b):
        found.append(Difference(a.at_s, f"'{a.key}' came at {b.at_s:.1f} s"))
    if not _alike(a, b):
        found.append(Difference(a.at_s, f"'{a.key}' {_numbers(a)}, embedded {_numbers(b)}"))
    return found


def _numbers(answer: Answer) -> str:
    return ", ".join(f"{number:g}" for number in answer.numbers)


def _alike(a: Answer, b: Answer) -> bool:
    if len(a.numbers) != len(b.numbers):
        return False
    return all(_near(x, y, most) for x, y, most in zip(a.numbers, b.numbers, _allowed(a), strict=True))


def _near(x: float, y: float, most: float) -> bool:
    return abs(x - y) <= most or (math.isnan(x) and math.isnan(y))


def _allowed(answer: Answer) -> list[float]:
    if answer.key.startswith("item 0/0 "):
        return [EXACT_SHARE] * 4 + [HOME_E7, HOME_E7, HOME_M]
    if answer.key.startswith(ASKS):
        return [REPEATS]
    if answer.channel in REPLIES:
        return [EXACT_SHARE * max(1.0, abs(x)) if abs(x) < 1e6 else 0.0 for x in answer.numbers]
    return [max(NUMBER_LEAST, NUMBER_SHARE * abs(x)) for x in answer.numbers]


def _order(pairs: list[Pair]) -> list[Difference]:
    """Words, states and replies that came in another order, further apart than their turns explain."""
    found = []
    rows = sorted((pair for pair in pairs if pair[0].at_s > BOOT_S), key=lambda pair: pair[0].at_s)
    for (a, b), (c, d) in itertools.pairwise(rows):
        if c.at_s - a.at_s > ORDER_S and b.at_s - d.at_s > ORDER_S:
            found.append(Difference(c.at_s, f"'{c.key}' came before '{a.key}'"))
    return found


def _shots(real: Sequence[Answer], other: Sequence[Answer]) -> list[Difference]:
    here, there = ([a for a in side if a.channel == "shots"] for side in (real, other))
    most = max(SHOTS_LEAST, SHOTS_SHARE * len(here))
    if abs(len(here) - len(there)) <= most:
        return []
    return [Difference((here or there)[-1].at_s, f"{len(here)} shots, embedded {len(there)}")]
