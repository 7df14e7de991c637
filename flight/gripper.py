"""Following a gripper: has it let go, by what the vehicle says and what its servo output shows.

ArduCopter says "Gripper load released" when its servo has had time to open, and says the same at once when
it was open already; a text gets lost, a servo output is sent again and again. So a release is: closed before,
and then the word or the output. Facts: AP_Gripper_Servo.cpp; an electro-permanent magnet never says it.
"""

from dataclasses import dataclass, replace

from flight.wire import Message

GRABBING, GRABBED = "Gripper load grabbing", "Gripper load grabbed"
RELEASING, RELEASED = "Gripper load releasing", "Gripper load released"
SAMPLES = 3  # servo outputs at 2 Hz: longer than the half second a servo needs
NEAR_US = 5


@dataclass(frozen=True, slots=True)
class Gripper:
    """A gripper: `channel` of its servo (1..16, None: unknown) and its pulses in microseconds; whether it is
    `closed` (None: not known), is opening, for how many samples its servo has stood at release, and whether
    its letting go was `told`.
    """

    channel: int | None = None
    grab_us: float | None = None
    release_us: float | None = None
    closed: bool | None = None
    opening: bool = False
    samples: int = 0
    told: bool = False

    def follow(self, message: Message) -> tuple["Gripper", bool]:
        """After one message; True when the gripper has just let go."""
        if message.name == "STATUSTEXT":
            return self._text(str(message.fields["text"]))
        if message.name == "SERVO_OUTPUT_RAW" and self.channel is not None:
            return self._output(message)
        return self, False

    def _text(self, text: str) -> tuple["Gripper", bool]:
        if text in (GRABBING, GRABBED):
            return replace(self, closed=True, opening=False, samples=0, told=False), False
        if text == RELEASING:
            return replace(self, opening=not self.told), False
        if text == RELEASED:
            return self._opened()
        return self, False

    def _output(self, message: Message) -> tuple["Gripper", bool]:
        pulse_us = output_us(message, self.channel or 0)
        if pulse_us is None or not near(pulse_us, self.release_us):
            closing = near(pulse_us, self.grab_us)
            closed, told = closing or self.closed, self.told and not closing
            return replace(self, closed=closed, told=told, samples=0), False
        if self.samples + 1 < SAMPLES:
            return replace(self, samples=self.samples + 1), False
        return self._opened()

    def _opened(self) -> tuple["Gripper", bool]:
        let_go = self.closed is True or self.opening
        told = self.told or let_go
        return replace(self, closed=False, opening=False, samples=SAMPLES, told=told), let_go


def output_us(message: Message, channel: int) -> float | None:
    """The pulse of one output (1..16) in a SERVO_OUTPUT_RAW; None where it is not driven or not in it."""
    value = message.fields.get(f"servo{channel}_raw")
    return float(value) if value else None


def near(pulse_us: float | None, wanted_us: float | None) -> bool:
    """Whether an output stands where it is wanted."""
    return pulse_us is not None and wanted_us is not None and abs(pulse_us - wanted_us) <= NEAR_US
