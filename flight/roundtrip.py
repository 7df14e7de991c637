"""A round-trip timer: how long to wait for an answer before sending again.

Smoothed mean and deviation as in RFC 6298, sampled only from messages sent once (Karn's rule); doubled after
each silence, back to the measured value with the next sample.
"""

from dataclasses import dataclass, replace

SHORTEST_S = 0.02
LONGEST_S = 2.0
FIRST_GUESS_S = 0.4


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """`mean_s` and `deviation_s` of the samples so far (None before the first), `backoff` a factor >= 1."""

    mean_s: float | None = None
    deviation_s: float = 0.0
    backoff: float = 1.0

    @property
    def timeout_s(self) -> float:
        """Wait this long before sending again."""
        base = FIRST_GUESS_S if self.mean_s is None else self.mean_s + 4.0 * self.deviation_s
        return min(LONGEST_S, max(SHORTEST_S, base) * self.backoff)

    def sampled(self, seconds: float) -> "RoundTrip":
        """With one more measured round trip."""
        if self.mean_s is None:
            return RoundTrip(seconds, seconds / 2.0)
        deviation = 0.75 * self.deviation_s + 0.25 * abs(self.mean_s - seconds)
        return RoundTrip(0.875 * self.mean_s + 0.125 * seconds, deviation)

    def silent(self) -> "RoundTrip":
        """After an answer that did not come."""
        return replace(self, backoff=min(self.backoff * 1.5, 16.0))
