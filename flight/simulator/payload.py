"""Gripper and winch, fitted by parameters at boot, with the words ArduCopter says."""

from collections.abc import Callable
from dataclasses import dataclass

from flight.simulator.params import Params

Say = Callable[[str], None]
_GRIP_S = 0.5
_FUNCTION, _OUTPUTS = 28, range(1, 17)  # SERVOn_FUNCTION
_LENGTH_GAIN = 1.0  # 1/s: how a length is approached
_SERVO_LIMITS_US = (1500, 1900)


@dataclass(slots=True)
class Gripper:
    """Holds or releases; a change takes half a second, and for ever once its servo output is taken away."""

    params: Params
    say: Say
    fitted: bool
    state: str = "neutral"
    done_s: float | None = None
    outputs: tuple[int, ...] = ()  # that were its own at boot; none: taken for granted
    stood_us: int = 0

    def __post_init__(self) -> None:
        self.outputs = tuple(n for n in _OUTPUTS if self._owns(n))

    @property
    def servo_us(self) -> int:
        if not self.fitted:
            return 0
        if self._driven:
            self.stood_us = self._wanted_us
        return self.stood_us

    @property
    def _wanted_us(self) -> int:
        name = {"grabbing": "GRAB", "grabbed": "GRAB", "neutral": "NEUTRAL"}.get(self.state, "RELEASE")
        return self.params.integer(f"GRIP_{name}")

    @property
    def open(self) -> bool:
        """Whether there is a gripper and it has let go."""
        return self.fitted and self.state == "released"

    def grab(self, now_s: float) -> bool:
        """Close; whether there is a gripper."""
        return self._move("grabb", now_s)

    def release(self, now_s: float) -> bool:
        """Open; whether there is a gripper."""
        return self._move("releas", now_s)

    def _move(self, verb: str, now_s: float) -> bool:
        if not self.fitted:
            return False
        if self.state == f"{verb}ed":
            self.say(f"Gripper load {verb}ed")
            return True
        self.state, self.done_s = f"{verb}ing", now_s + _GRIP_S
        self.say(f"Gripper load {verb}ing")
        return True

    def tick(self, now_s: float) -> None:
        """Finish a movement whose time has come."""
        if self.done_s is not None and now_s >= self.done_s and self._driven:
            self.state, self.done_s = self.state.replace("ing", "ed"), None
            self.say(f"Gripper load {self.state}")

    @property
    def _driven(self) -> bool:
        return not self.outputs or any(self._owns(n) for n in self.outputs)

    def _owns(self, output: int) -> bool:
        return self.params.integer(f"SERVO{output}_FUNCTION") == _FUNCTION


@dataclass(slots=True)
class Winch:
    """A line in metres, let out by length or by rate."""

    params: Params
    say: Say
    fitted: bool
    length_m: float = 0.0
    rate_ms: float = 0.0
    goal_m: float | None = None
    speed_ms: float = 0.0

    def relax(self) -> bool:
        """Stop driving the line; whether there is a winch."""
        self.goal_m, self.rate_ms = None, 0.0
        return self.fitted

    def by_length(self, metres: float, rate_ms: float) -> bool:
        """Let out (or with a negative length take in) line; whether there is a winch."""
        if not self.fitted:
            return False
        self.goal_m = max(0.0, self.length_m + metres)
        most = self.params["WINCH_RATE_MAX"]
        self.rate_ms = min(abs(rate_ms) or most, most)
        verb = "lowering" if metres > 0 else "raising"
        self.say(f"Winch: {verb} {abs(metres):4.1f}m to {self.goal_m:4.1f}m")
        return True

    def by_rate(self, rate_ms: float) -> bool:
        """Run the line at a rate; whether there is a winch."""
        if not self.fitted:
            return False
        most = self.params["WINCH_RATE_MAX"]
        self.goal_m, self.rate_ms = None, max(-most, min(most, rate_ms))
        return True

    def step(self, dt: float) -> None:
        """Run the line for `dt` seconds."""
        if not self.fitted:
            return
        self.speed_ms = self.rate_ms
        if self.goal_m is not None:
            left = self.goal_m - self.length_m
            self.speed_ms = max(-self.rate_ms, min(self.rate_ms, _LENGTH_GAIN * left))
        self.length_m = max(0.0, self.length_m + self.speed_ms * dt)
