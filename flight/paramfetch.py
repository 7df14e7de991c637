"""All parameters of a vehicle at once: the whole list is asked for, then what was lost of it, by number.

The machine `Fetch` sends nothing itself: it takes messages and the time, and says what to ask.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from core.clock import Clock, RealClock
from flight.exchange import Wire
from flight.params import PAUSE_S, Parameter, ParameterError, parameter_of
from flight.wire import Fields, Message

Progress = Callable[[int, int], None]
Ask = tuple[str, Fields]

SILENCE_S = 0.7  # without anything new, before what the list left out is asked for
AGAIN_S = 0.4  # the same after questions by number
AT_ONCE = 12  # questions under way; ArduPilot keeps twenty
ROUNDS = 12  # of silence or questions without a new answer, before giving up
HIGHEST = 20_000  # of a count that can be meant


@dataclass(slots=True)
class Fetch:
    """What has come so far: parameters by name, which numbers of `count` were heard, when the last came."""

    parameters: dict[str, Parameter] = field(default_factory=dict)
    heard: set[int] = field(default_factory=set)
    count: int = 0
    news_s: float = 0.0
    vain: int = 0
    asked: frozenset[int] = frozenset()

    def begin(self, now_s: float) -> list[Ask]:
        """Ask for the list."""
        self.news_s = now_s
        return [("PARAM_REQUEST_LIST", {})]

    def take(self, message: Message, now_s: float) -> None:
        """One message from the vehicle."""
        found = parameter_of(message)
        if found is None:
            return
        self.parameters[found.name] = found
        if found.index is None or found.count > HIGHEST:
            return
        if found.count != self.count:  # a group was switched on or off: the numbers have shifted
            self.heard.clear()
            self.asked = frozenset()
            self.count = found.count
        if found.index not in self.heard:
            self.heard.add(found.index)
            self.news_s, self.vain = now_s, 0

    def tick(self, now_s: float) -> list[Ask]:
        """What to ask now: nothing while answers arrive."""
        answered = bool(self.asked) and self.asked <= self.heard
        patience_s = AGAIN_S if self.asked else SILENCE_S
        if self.done or (now_s - self.news_s < patience_s and not answered):
            return []
        self.news_s = now_s
        self.vain += not answered
        if not self.heard:
            return self.begin(now_s)
        missing = [i for i in range(self.count) if i not in self.heard][:AT_ONCE]
        self.asked = frozenset(missing)
        return [("PARAM_REQUEST_READ", {"param_id": b"", "param_index": i}) for i in missing]

    @property
    def done(self) -> bool:
        """Whether every number has come."""
        return self.count > 0 and len(self.heard) >= self.count

    @property
    def hopeless(self) -> bool:
        """Whether nothing new comes any more."""
        return self.vain >= ROUNDS


def fetch_parameters(
    wire: Wire, *, clock: Clock | None = None, on_progress: Progress | None = None
) -> Mapping[str, Parameter]:
    """Every parameter by name; raises `ParameterError` when some stay away."""
    clock = clock or RealClock()
    fetch = Fetch()
    asks = fetch.begin(clock.monotonic_s())
    while not fetch.done:
        for name, fields in asks:
            wire.send(name, fields)
        message = wire.receive(PAUSE_S)
        if message is not None:
            fetch.take(message, clock.monotonic_s())
        asks = fetch.tick(clock.monotonic_s())
        if on_progress is not None:
            on_progress(len(fetch.heard), fetch.count)
        if fetch.hopeless:
            came = f"{len(fetch.heard)} of {fetch.count or 'its'}"
            raise ParameterError(
                f"the vehicle sent {came} parameters and then no more", hint="check the link"
            )
    return fetch.parameters
