"""The embedded copter in this process, in lock-step."""

from dataclasses import dataclass

from conformance.cases import HOME, STATION_COMPONENT, Case

from flight.simulator.copter import Copter
from flight.simulator.messages import Message, mavlink
from flight.simulator.params import default_params
from flight.simulator.vehicle import Setup

# What a fresh ArduPilot SITL starts with, where the embedded copter's own defaults are another battery.
AS_ARDUPILOT = {"SIM_BATT_CAP_AH": 0.0, "BATT_CAPACITY": 3300.0}
READY_S = 41.7  # until ArduPilot SITL has its position estimate


@dataclass(slots=True)
class LockStep:
    """The embedded copter in this process: `listen` hears what waits, else goes on 20 ms."""

    copter: Copter
    now_s: float = 0.0

    @classmethod
    def of(cls, case: Case) -> "LockStep":
        table = default_params()
        for name, value in {**AS_ARDUPILOT, **case.params}.items():
            table.set(name, value)
        copter = Copter(Setup(*HOME, ready_s=READY_S), table)
        copter.join(0)
        return cls(copter)

    def send(self, message: Message, system: int) -> None:
        sender = mavlink.MAVLink(None, system, STATION_COMPONENT)
        (decoded,) = mavlink.MAVLink(None).parse_buffer(message.pack(sender))
        self.copter.handle(decoded)

    def listen(self) -> list[tuple[float, Message]]:
        said = self.copter.take()
        if not said:
            self.copter.step()
            self.now_s = self.copter.vehicle.time_s
            said = self.copter.take()
        return [(self.now_s, outgoing.message) for outgoing in said]
