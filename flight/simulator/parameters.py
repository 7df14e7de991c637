"""The parameter protocol: listing at ArduPilot's pace, reading by index or name, setting."""

import math
from dataclasses import dataclass, field
from typing import Protocol

from flight.simulator.messages import Message, Outgoing, Sender, Severity, mavlink
from flight.simulator.params import Param, Params
from flight.simulator.transfer import Plans
from flight.simulator.vehicle import Vehicle

SYSTEM_ID = "736b7973686164655f656d6265646465"  # 32 hexadecimal digits, as a board says its own
_BANNER = ("ArduCopter V4.6.2 (embedded in Skyshade)", SYSTEM_ID, "Frame: QUAD/PLUS")
_BY_NAME = 65535  # the index that PARAM_VALUE carries outside a list
_A_STEP = 10  # of a list, each 20 ms
_KEPT_FROM_CLIENTS = ("_TOTAL", "_DEVID", "_GND_PRESS")
_RUN_EVERY_S = 30.0


class Copter(Protocol):
    """Whose parameters they are."""

    vehicle: Vehicle
    params: Params
    plans: Plans


@dataclass(slots=True)
class Parameters:
    """Answers about parameters; lists under way by the link they go to."""

    copter: Copter
    listing: dict[int, int] = field(default_factory=dict)  # link -> next index
    _plans_seen: int = 0
    _run_s: float = _RUN_EVERY_S

    def list(self, _message: Message, sender: Sender) -> None:
        """PARAM_REQUEST_LIST: begin from the first, also in the middle of a list."""
        self.banner()
        self.listing[sender.link] = 0

    def banner(self) -> None:
        """Say what the vehicle is."""
        for text in _BANNER:
            self.copter.vehicle.say(text)

    def read(self, message: Message, sender: Sender) -> None:
        """PARAM_REQUEST_READ; what does not exist is not answered."""
        params = self.copter.params
        if message.param_index >= 0:
            found = params.at(message.param_index)
            index = message.param_index
        else:
            found = params.table.get(message.param_id.upper())
            index = _BY_NAME
        if found is not None:
            self.copter.vehicle.post(Outgoing(self._message(found, index), sender.link))

    def set(self, message: Message, _sender: Sender) -> None:
        """PARAM_SET: every client is told what is kept; no number, or no such name, is not answered."""
        params, name = self.copter.params, message.param_id.upper()
        if name not in params or not math.isfinite(message.param_value):
            return
        if name.endswith(_KEPT_FROM_CLIENTS):
            self.copter.vehicle.say(f"Param write denied ({name})", Severity.WARNING)
        else:
            params.set(name, message.param_value)
        self.tell(name)

    def tell(self, name: str) -> None:
        """Tell every client a value that changed."""
        self.copter.vehicle.tell(self._message(self.copter.params.table[name], _BY_NAME))

    def leave(self, link: int) -> None:
        """A client went away."""
        self.listing.pop(link, None)

    def step(self) -> None:
        """Go on with lists; tell totals that changed, and each half minute how long it has run."""
        for link, index in list(self.listing.items()):
            self._list_on(link, index)
        plans = self.copter.plans
        if plans.version != self._plans_seen:
            self._plans_seen = plans.version
            self._totals()
        self._run_time(self.copter.vehicle.time_s)

    def _run_time(self, now_s: float) -> None:
        if now_s >= self._run_s or now_s < self._run_s - _RUN_EVERY_S:
            if now_s >= self._run_s:
                self.copter.params.set("STAT_RUNTIME", now_s)
                self.tell("STAT_RUNTIME")
            self._run_s = now_s + _RUN_EVERY_S

    def _list_on(self, link: int, index: int) -> None:
        params = self.copter.params
        for number in range(index, min(index + _A_STEP, len(params))):
            found = params.at(number)
            if found is not None:
                self.copter.vehicle.post(Outgoing(self._message(found, number), link))
        self.listing[link] = index + _A_STEP
        if self.listing[link] >= len(params):
            del self.listing[link]

    def _totals(self) -> None:
        for name, total in self.copter.plans.totals.items():
            if self.copter.params[name] != total:
                self.copter.params.set(name, float(total))
                self.tell(name)

    def _message(self, param: Param, index: int) -> Message:
        return mavlink.MAVLink_param_value_message(
            param.name.encode(), param.value, param.kind, len(self.copter.params), index
        )
