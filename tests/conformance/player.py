"""Plays a case to a vehicle: sends each message when it is due and asked for, keeps what is answered."""

from dataclasses import dataclass, field, replace
from typing import Protocol

from conformance.answers import Answer, Reader
from conformance.cases import STATION_SYSTEM, Case, Step, heartbeat

from flight.simulator.messages import Message

HEARTBEAT_S = 1.0
GATE_S = 2.0  # a step waits this long beyond its time for the answer before it


class Vehicle(Protocol):
    """Something that takes messages and answers in simulated time."""

    now_s: float

    def send(self, message: Message, system: int) -> None:
        """Send a message as this system."""
        ...

    def listen(self) -> list[tuple[float, Message]]:
        """Let a little time pass; what the vehicle said, with its simulated time."""
        ...


@dataclass(slots=True)
class Player:
    """One playing of one case."""

    case: Case
    vehicle: Vehicle
    answers: list[Answer] = field(default_factory=list)
    sent: list[tuple[float, Step]] = field(default_factory=list)
    _reader: Reader = field(default_factory=Reader)
    _fresh: set[str] = field(default_factory=set)  # keys answered since the last step
    _next: int = 0
    _heartbeat_s: float = 0.0
    _late_s: float = 0.0
    _sent_s: float = 0.0

    def play(self) -> list[Answer]:
        """Everything the vehicle answered until the case's end."""
        while self.vehicle.now_s < self.case.until_s:
            self._send_due()
            for at_s, message in self.vehicle.listen():
                found = [replace(a, late_s=self._late_s) for a in self._reader.read(at_s, message)]
                self.answers += found
                self._fresh.update(answer.key for answer in found)
        return self.answers

    def _send_due(self) -> None:
        now_s = self.vehicle.now_s
        if now_s >= self._heartbeat_s:
            self._heartbeat_s = max(self._heartbeat_s + HEARTBEAT_S, now_s)
            if self.case.heartbeat_wanted(now_s):
                self.vehicle.send(heartbeat(), STATION_SYSTEM)
        while self._next < len(self.case.steps):
            step = self.case.steps[self._next]
            ready = self._asked(step.after)
            item = step.name.startswith("MISSION_ITEM")
            late = now_s > (max(step.at_s, self._sent_s) if item else step.at_s) + GATE_S
            if now_s < step.at_s or not (ready or late):
                return
            self._next += 1
            if ready or not item:
                self._send(step, now_s)
            if step.after:
                return  # hear the answer to one before the next

    def _asked(self, key: str) -> bool:
        if key.startswith("*"):
            return any(fresh.startswith(key[1:]) for fresh in self._fresh)
        return not key or key in self._fresh

    def _send(self, step: Step, now_s: float) -> None:
        if step.name != "HEARTBEAT":
            self._fresh.clear()
            self._sent_s = now_s
            self._late_s = max(0.0, now_s - step.at_s)
        if "param_id" in step.fields:
            self._reader.asked_params.add(str(step.fields["param_id"]))
        self.sent.append((now_s, step))
        self.vehicle.send(step.message(), step.system)


def play(case: Case, vehicle: Vehicle) -> list[Answer]:
    """Play `case` to `vehicle`; what it answered."""
    return Player(case, vehicle).play()
