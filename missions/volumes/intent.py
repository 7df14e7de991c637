"""Flights that want air at the same time: who must give way (strategic conflict detection, ASTM F3548-21).

A flight that is not yet flying gives way to every higher priority and, where a regulator allows no conflict
among equals, to those of its own. One that flies already may stay where a conflict came over it, but may not
fly into a new one. One in trouble is never refused: it says where it is, and the others see it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from missions.volumes.book import Book, Meeting
from missions.volumes.volume import Volume4D


class IntentState(Enum):
    """How far an operational intent is."""

    ACCEPTED = "accepted"  # planned
    ACTIVATED = "activated"  # flying, or about to
    NONCONFORMING = "nonconforming"  # out of its volumes
    CONTINGENT = "contingent"  # in an emergency


IN_TROUBLE = frozenset({IntentState.NONCONFORMING, IntentState.CONTINGENT})


@dataclass(frozen=True, slots=True)
class Intent:
    """A flight's volumes, with its priority (higher goes first) and state.

    `off_nominal` are the volumes of a flight in trouble: where it may be besides those it planned.
    """

    name: str
    volumes: tuple[Volume4D, ...]
    priority: int = 0
    state: IntentState = IntentState.ACCEPTED
    off_nominal: tuple[Volume4D, ...] = ()

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("an intent needs a name")
        if not (self.volumes or self.off_nominal):
            raise ValueError(f"intent {self.name!r} has no volume")
        if self.off_nominal and self.state not in IN_TROUBLE:
            raise ValueError(f"intent {self.name!r} is {self.state.value}: off-nominal volumes need trouble")

    @property
    def air(self) -> tuple[Volume4D, ...]:
        """All its volumes."""
        return self.volumes + self.off_nominal


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a change is accepted, and the meetings that speak against it."""

    accepted: bool
    against: tuple[Meeting, ...] = ()

    @property
    def reason(self) -> str:
        """Why not, in one line; empty when accepted."""
        if self.accepted:
            return ""
        names = ", ".join(sorted({m.holder for m in self.against}))
        return f"its air is already taken by {names}"


@dataclass(slots=True)
class Sky:
    """All intents, and the answers to those who want in or want to change.

    `equals_may_meet`: whether flights of one priority may share air (a regulator's choice; F3548's default
    is no).
    """

    equals_may_meet: bool = False
    book: Book = field(default_factory=Book)
    _intents: dict[str, Intent] = field(default_factory=dict)

    def intents(self) -> tuple[Intent, ...]:
        """The accepted ones, in order of coming."""
        return tuple(self._intents.values())

    def ask(self, wanted: Intent) -> Answer:
        """Whether `wanted` would be accepted now, as a new intent or in place of its earlier self."""
        if wanted.state in IN_TROUBLE:
            return Answer(accepted=True)
        against = tuple(m for m in self._meetings(wanted) if self._bars(wanted, m))
        return Answer(not against, against)

    def put(self, wanted: Intent) -> Answer:
        """Ask, and write it down when accepted; a refused change leaves the earlier one standing."""
        answer = self.ask(wanted)
        if answer.accepted:
            self._intents[wanted.name] = wanted
            self.book.reserve(wanted.name, wanted.air)
        return answer

    def end(self, name: str) -> None:
        """The flight is over, or given up."""
        self._intents.pop(name, None)
        self.book.release(name)

    def overlaps(self, name: str) -> tuple[Meeting, ...]:
        """What a written intent meets now: a higher priority may have come over it."""
        intent = self._intents[name]
        return self.book.meetings(intent.air, but=name)

    def _meetings(self, wanted: Intent) -> Sequence[Meeting]:
        return self.book.meetings(wanted.air, but=wanted.name)

    def _bars(self, wanted: Intent, meeting: Meeting) -> bool:
        theirs = self._intents[meeting.holder].priority
        if theirs < wanted.priority or (theirs == wanted.priority and self.equals_may_meet):
            return False
        return not self._flies_in_it_already(wanted, meeting)

    def _flies_in_it_already(self, wanted: Intent, meeting: Meeting) -> bool:
        """A flight in the air that another came over may change, as long as it goes on meeting only them."""
        before = self._intents.get(wanted.name)
        if before is None or IntentState.ACCEPTED in {before.state, wanted.state}:
            return False
        return any(volume.meets(meeting.volume) for volume in before.air)
