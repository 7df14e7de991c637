"""A round-trip timer: how long to wait for an answer before sending again.

Smoothed mean and deviation as in RFC 6298, sampled only from messages sent once (Karn's rule); longer after
each silence, back to the measured value with the next sample.
"""

from dataclasses import dataclass, replace

SHORTEST_S = 0.02
LONGEST_S = 2.0
FIRST_GUESS_S = 0.4
SLOWER = 1.5
SLOWEST = 16.0
RECENT = 4


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """`mean_s` and `deviation_s` of the samples so far (`mean_s` None before the first), `least_s` the
    shortest of them, `recent_s` the last ones, `backoff` a factor >= 1.
    """

    mean_s: float | None = None
    deviation_s: float = 0.0
    backoff: float = 1.0
    least_s: float = 0.0
    recent_s: tuple[float, ...] = ()

    @property
    def timeout_s(self) -> float:
        """Wait this long before sending again."""
        base = FIRST_GUESS_S if self.mean_s is None else self.mean_s + 4.0 * self.deviation_s
        return min(LONGEST_S, max(SHORTEST_S, base) * self.backoff)

    @property
    def queued_s(self) -> float:
        """How much longer than the shortest round trip even the quick ones take now: time spent in queues."""
        return min(self.recent_s) - self.least_s if len(self.recent_s) == RECENT else 0.0

    def sampled(self, seconds: float) -> "RoundTrip":
        """With one more measured round trip."""
        if self.mean_s is None:
            return RoundTrip(seconds, seconds / 2.0, least_s=seconds, recent_s=(seconds,))
        deviation = 0.75 * self.deviation_s + 0.25 * abs(self.mean_s - seconds)
        mean_s = 0.875 * self.mean_s + 0.125 * seconds
        recent_s = (*self.recent_s[1 - RECENT :], seconds)
        return RoundTrip(mean_s, deviation, least_s=min(self.least_s, seconds), recent_s=recent_s)

    def silent(self, slower: float = SLOWER, slowest: float = SLOWEST) -> "RoundTrip":
        """After an answer that did not come."""
        return replace(self, backoff=min(self.backoff * slower, slowest))

    def heard(self) -> "RoundTrip":
        """After an answer that cannot be timed; what the last timed ones said of queues fades."""
        return replace(self, backoff=1.0, recent_s=self.recent_s[1:])
