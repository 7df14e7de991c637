"""A bench for the embedded copter: messages go in as bytes, simulated time runs, what was said is kept."""

from dataclasses import dataclass, field

from flight.faults import read_fault
from flight.simulator.copter import STEP_S, Copter
from flight.simulator.messages import mavlink

HOME = (37.3838, 127.1165)
GUIDED, AUTO, LOITER, RTL, LAND, BRAKE, STABILIZE = 4, 3, 5, 6, 9, 17, 0


@dataclass
class Bench:
    copter: Copter
    log: list = field(default_factory=list)  # (simulated seconds, message)
    link: object = field(default_factory=lambda: mavlink.MAVLink(None, srcSystem=255, srcComponent=190))

    @property
    def vehicle(self):
        return self.copter.vehicle

    def send(self, message, *, system=255):
        sender = mavlink.MAVLink(None, srcSystem=system, srcComponent=190)
        (decoded,) = mavlink.MAVLink(None).parse_buffer(message.pack(sender))
        before = len(self.log)
        self.copter.handle(decoded)
        self._keep()
        return [message for _, message in self.log[before:]]

    def run(self, seconds, until=None):
        for _ in range(round(seconds / STEP_S)):
            self.copter.step()
            self._keep()
            if until is not None and until():
                return
        assert until is None, "it did not come to that"

    def _keep(self):
        self.log += [(self.vehicle.time_s, outgoing.message) for outgoing in self.copter.take()]

    def command(self, number, *params):
        """Send a COMMAND_LONG; (ACK, texts said with it)."""
        values = [float(p) for p in params] + [0.0] * (7 - len(params))
        answers = self.send(mavlink.MAVLink_command_long_message(1, 1, number, 0, *values))
        ack = next(m.result for m in answers if m.get_type() == "COMMAND_ACK" and m.command == number)
        return ack, [m.text for m in answers if m.get_type() == "STATUSTEXT"]

    def mode(self, number):
        return self.command(176, 1, number)

    def set(self, name, value):
        self.send(mavlink.MAVLink_param_set_message(1, 1, name.encode(), value, 9))

    def fault(self, name):
        """Give the copter a fault of `sitl_configs/faults`."""
        for parameter, value in read_fault(name).items():
            self.set(parameter, value)

    def of(self, *names):
        return [m for _, m in self.log if m.get_type() in names]

    def texts(self):
        return [m.text for m in self.of("STATUSTEXT")]

    def reached(self):
        return [m.seq for m in self.of("MISSION_ITEM_REACHED")]

    def time_of(self, text):
        return next(t for t, m in self.log if m.get_type() == "STATUSTEXT" and text in m.text)

    def send_item(self, seq, item, kind=0):
        frame, command, params, x, y, z = item
        return self.send(
            mavlink.MAVLink_mission_item_int_message(
                1, 1, seq, frame, command, 0, 1, *[float(p) for p in params], x, y, z, kind
            )
        )

    def upload(self, items, kind=0):
        """Upload; the type of the MISSION_ACK that ends it."""
        answers = self.send(mavlink.MAVLink_mission_count_message(1, 1, len(items), kind))
        for seq, item in enumerate(items):
            if any(m.get_type() == "MISSION_ACK" for m in answers):
                break
            answers = self.send_item(seq, item, kind)
        return next(m.type for m in answers if m.get_type() == "MISSION_ACK")

    def start(self, items):
        """Upload with home in front, arm and start."""
        assert self.upload([waypoint(0, 0, 30.0, frame=0), *items]) == 0
        assert self.mode(GUIDED)[0] == 0
        assert self.command(400, 1) == (0, ["Arming motors"])
        assert self.mode(AUTO)[0] == 0
        assert self.command(300)[0] == 0

    def in_the_air(self, height_m=20.0):
        """Hover in GUIDED."""
        assert self.mode(GUIDED)[0] == 0
        assert self.command(400, 1)[0] == 0
        assert self.command(22, 0, 0, 0, 0, 0, 0, height_m)[0] == 0
        self.run(30, until=lambda: self.vehicle.mode.takeoff is None)


def place(north_m, east_m):
    """1e7 degrees of a point near home, through pyproj."""
    from core.geo import LocalFrame, LonLat

    at = LocalFrame(LonLat(HOME[1], HOME[0])).place(east_m, north_m)
    return round(at.lat * 1e7), round(at.lon * 1e7)


def waypoint(north_m, east_m, z_m, *, frame=6, delay_s=0.0, command=16):
    x, y = place(north_m, east_m)
    return frame, command, (delay_s, 0, 0, 0), x, y, z_m


def takeoff(z_m=20.0):
    return 6, 22, (0, 0, 0, 0), 0, 0, z_m


def do(command, *params, x=0):
    return 0, command, tuple(params) + (0,) * (4 - len(params)), x, 0, 0.0


def rtl():
    return do(20)
