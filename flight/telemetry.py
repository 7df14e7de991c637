"""The telemetry a watch needs: asked for message by message, and again where it stays away."""

from dataclasses import dataclass, field

from flight.commands import Cmd, Order

QUIET_S = 4.0  # wall seconds without a message that should come each second or more often

# Message id, name and rate (Hz of the vehicle's time); a rate may be kept lower by a slow radio.
NEEDED = (
    (33, "GLOBAL_POSITION_INT", 5.0), (30, "ATTITUDE", 5.0), (2, "SYSTEM_TIME", 1.0), (1, "SYS_STATUS", 1.0),
    (24, "GPS_RAW_INT", 1.0), (193, "EKF_STATUS_REPORT", 2.0), (42, "MISSION_CURRENT", 4.0),
    (245, "EXTENDED_SYS_STATE", 4.0), (36, "SERVO_OUTPUT_RAW", 2.0),
)  # fmt: skip
# Not every vehicle has these, or has them yet.
WELCOME = ((147, "BATTERY_STATUS", 1.0), (242, "HOME_POSITION", 0.5), (9005, "WINCH_STATUS", 2.0))
AT_ONCE = (242, 148)  # HOME_POSITION, AUTOPILOT_VERSION


def interval(message_id: int, hertz: float) -> Order:
    """The command that asks for a message `hertz` times a second of the vehicle's time."""
    return Order(Cmd.SET_MESSAGE_INTERVAL, (message_id, 1e6 / hertz))


def all_orders() -> tuple[Order, ...]:
    """Everything to ask of a vehicle that was just connected or has restarted."""
    intervals = [interval(number, hertz) for number, _, hertz in (*NEEDED, *WELCOME)]
    return (*intervals, *(Order(Cmd.REQUEST_MESSAGE, (number,)) for number in AT_ONCE))


@dataclass(slots=True)
class Wanted:
    """Which messages came when (wall seconds); a request that was lost is found by what stays away."""

    heard_s: dict[str, float] = field(default_factory=dict)
    asked_s: float | None = None

    def asked(self, now_s: float) -> None:
        """Everything was asked for now."""
        self.asked_s = now_s

    def heard(self, name: str, now_s: float) -> None:
        """A message came."""
        self.heard_s[name] = now_s

    def overdue(self, now_s: float) -> tuple[Order, ...]:
        """What to ask for again, at most once in `QUIET_S`."""
        if self.asked_s is None or now_s - self.asked_s < QUIET_S:
            return ()
        self.asked_s = now_s
        return tuple(
            interval(number, hertz)
            for number, name, hertz in NEEDED
            if now_s - self.heard_s.get(name, -1e9) > QUIET_S
        )
