"""How many messages may be under way at once, and how often each is said.

A link that answers later and later is queueing: fewer messages go out, down to one (as in TCP Vegas, Brakmo
and Peterson 1995). A link that loses without queueing is noisy: the number stays, and each item is said twice
or thrice, since the receiver takes items in order only and one that is lost makes all behind it useless.
"""

from dataclasses import dataclass, field, replace

from flight.roundtrip import RoundTrip

WIDEST = 64
FIRST = 8.0
NOISY_LEAST = 8.0  # random loss alone never brings it below
SILENT_LEAST = 4.0  # nor do a few silences
SURELY_TOO_MUCH = 3.0  # many silences do
ASK_S = 0.15  # until a first question is repeated: one too many does no harm
QUEUE_S = 0.1  # so much longer than the shortest round trip is still no queue
QUEUE_SHARE = 0.5  # or this share of it
SHRINK = 0.7
GAP_SHRINK = 0.75
GAP_WEIGHT = 0.2
CALM_WEIGHT = 0.01
SINGLE_WEIGHT = 0.1
SINGLE_SLOWER, SINGLE_SLOWEST = 1.25, 4.0
TWICE, THRICE = 0.04, 0.25  # share of losses from which each item is said twice, thrice


@dataclass(frozen=True, slots=True)
class Pace:
    """`allowed` messages under way, at most `widest`; `loss` 0..1 a rough share of lost messages; `shrunk_s`
    when `allowed` last went down.
    """

    trip: RoundTrip = field(default_factory=RoundTrip)
    widest: int = WIDEST
    allowed: float = FIRST
    loss: float = 0.0
    shrunk_s: float = 0.0

    @property
    def messages(self) -> int:
        """How many messages may be under way."""
        return max(1, min(self.widest, int(self.allowed)))

    @property
    def queueing(self) -> bool:
        """Whether the link answers late because too much is under way."""
        return self.trip.queued_s > max(QUEUE_S, QUEUE_SHARE * self.trip.least_s)

    @property
    def ask_wait_s(self) -> float:
        """How long to wait for the answer to a question that opens a transfer."""
        return self.trip.timeout_s if self.trip.mean_s is not None else ASK_S * self.trip.backoff

    @property
    def copies(self) -> int:
        """How often to say each item."""
        if self.messages < SILENT_LEAST or self.queueing or self.loss < TWICE:
            return 1
        return 2 if self.loss < THRICE else 3

    def answered(self, trip_s: float | None, now_s: float) -> "Pace":
        """One more answer, `trip_s` after its question where that is certain."""
        trip = self.trip.heard() if trip_s is None else self.trip.sampled(trip_s)
        pace = replace(self, trip=trip, loss=self.loss * (1.0 - CALM_WEIGHT))
        if pace.queueing:
            return _shrunk(pace, SHRINK, 1.0, now_s)
        return _grown(pace) if trip_s is not None or self.allowed < NOISY_LEAST else pace

    def rested(self) -> "Pace":
        """For the next transfer on this link: what was found out, but for the last silence."""
        return replace(self, trip=self.trip.heard())

    def gap(self, now_s: float) -> "Pace":
        """Something was lost on the way, while other answers came."""
        pace = replace(self, loss=self.loss + GAP_WEIGHT * (1.0 - self.loss))
        if self.queueing:
            return _shrunk(pace, SHRINK, 1.0, now_s)
        return _shrunk(pace, GAP_SHRINK, NOISY_LEAST, now_s)

    def unanswered(self) -> "Pace":
        """The only message under way was not answered in time."""
        loss = self.loss + SINGLE_WEIGHT * (1.0 - self.loss)
        return replace(self, trip=self.trip.silent(SINGLE_SLOWER, SINGLE_SLOWEST), loss=loss)

    def silent(self) -> "Pace":
        """None of several messages under way was answered in time."""
        sure = self.queueing or self.trip.backoff >= SURELY_TOO_MUCH
        least = min(self.allowed, 1.0 if sure else SILENT_LEAST)
        return replace(self, trip=self.trip.silent(), allowed=max(least, self.allowed / 2.0))


def _grown(pace: Pace) -> Pace:
    return replace(pace, allowed=min(float(pace.widest), pace.allowed + 1.0))


def _shrunk(pace: Pace, factor: float, least: float, now_s: float) -> Pace:
    """Once a round trip, for it takes one until a change is felt."""
    if now_s - pace.shrunk_s < (pace.trip.mean_s or 0.0):
        return pace
    least = min(least, pace.allowed)
    return replace(pace, allowed=max(least, pace.allowed * factor), shrunk_s=now_s)
