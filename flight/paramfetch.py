"""All parameters of a vehicle at once: the whole list is asked for, then what was lost of it, by number.

The machine `Fetch` sends nothing itself: it takes messages and the time, and says what to ask.
"""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from core.clock import Clock, RealClock
from flight.exchange import Wire
from flight.params import PAUSE_S, Parameter, ParameterError, parameter_of
from flight.wire import Fields, Message

Progress = Callable[[int, int], None]
Ask = tuple[str, Fields]

SILENCE_S = 0.7  # without anything new, before what the list left out is asked for
AGAIN_S = 0.5  # before an unanswered number is asked for again
GIVE_UP_S = 10.0  # without anything new
AT_ONCE = 12  # questions under way; ArduPilot keeps twenty
HIGHEST = 20_000  # of a count that can be meant


@dataclass(slots=True)
class Fetch:
    """What has come so far: parameters by name, which numbers of `count` were heard, when anything new last
    came. Answers come in the order of the questions: whoever is answered after one, that one was lost.
    """

    parameters: dict[str, Parameter] = field(default_factory=dict)
    heard: set[int] = field(default_factory=set)
    count: int = 0
    news_s: float = 0.0
    begun_s: float = 0.0
    asking: bool = False  # by number, the list being over
    asked: dict[int, float] = field(default_factory=dict)  # numbers under way, oldest first, and since when

    def begin(self, now_s: float) -> list[Ask]:
        """Ask for the list."""
        self.begun_s = now_s
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
            self.asked.clear()
            self.count = found.count
        self._answered(found.index)
        if found.index not in self.heard:
            self.heard.add(found.index)
            self.news_s = now_s

    def _answered(self, index: int) -> None:
        if index in self.asked:
            for number in list(self.asked):
                del self.asked[number]
                if number == index:
                    break

    def tick(self, now_s: float) -> list[Ask]:
        """What to ask now: nothing while the list or enough answers are on their way."""
        if self.done:
            return []
        if not self.heard:
            return self.begin(now_s) if now_s - self.begun_s >= SILENCE_S else []
        self.asking = self.asking or now_s - self.news_s >= SILENCE_S
        if not self.asking:
            return []
        self.asked = {n: at_s for n, at_s in self.asked.items() if now_s - at_s < AGAIN_S}
        free = AT_ONCE - len(self.asked)
        if free <= 0:
            return []
        missing = (i for i in range(self.count) if i not in self.heard and i not in self.asked)
        chosen = list(itertools.islice(missing, free))
        self.asked |= dict.fromkeys(chosen, now_s)
        return [("PARAM_REQUEST_READ", {"param_id": b"", "param_index": i}) for i in chosen]

    @property
    def done(self) -> bool:
        """Whether every number has come."""
        return self.count > 0 and len(self.heard) >= self.count

    def hopeless(self, now_s: float) -> bool:
        """Whether nothing new comes any more."""
        return now_s - self.news_s > GIVE_UP_S


def fetch_parameters(
    wire: Wire, *, clock: Clock | None = None, on_progress: Progress | None = None
) -> Mapping[str, Parameter]:
    """Every parameter by name; raises `ParameterError` when some stay away."""
    clock = clock or RealClock()
    fetch = Fetch(news_s=clock.monotonic_s())
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
        if fetch.hopeless(clock.monotonic_s()):
            came = f"{len(fetch.heard)} of {fetch.count or 'its'}"
            raise ParameterError(
                f"the vehicle sent {came} parameters and then no more", hint="check the link"
            )
    return fetch.parameters
