"""Which simulated vehicle has which ports: each instance is held by one start, and freed by its end."""

import contextlib
import os
import socket
from dataclasses import dataclass

from flight.sitlbinary import SimulatorError

FIRST_PORT = 5760
PORTS_AN_INSTANCE = 10
INSTANCES = 100
SECOND_PORT = 2  # ArduPilot's second serial port, counted from its first
_USED = (0, SECOND_PORT, 3)
_GUARD = 9  # used by no vehicle: whoever has it bound holds the instance


@dataclass(slots=True)
class HeldInstance:
    """An instance whose ports are ours until `release`, or until this process ends."""

    number: int
    guard: socket.socket

    @property
    def port(self) -> int:
        """The first TCP port."""
        return port_of(self.number)

    def release(self) -> None:
        """Let others have it."""
        self.guard.close()


def port_of(instance: int) -> int:
    """The first TCP port of an instance, as ArduPilot SITL counts them."""
    return FIRST_PORT + PORTS_AN_INSTANCE * instance


def hold_instance(first: int = 0, *, exact: bool = False) -> HeldInstance:
    """The first instance from `first` on (only that one if `exact`) whose ports nobody uses.

    Raises `SimulatorError` when there is none: another's vehicle must not be flown.
    """
    for instance in range(first, first + (1 if exact else INSTANCES)):
        guard = _bound(port_of(instance) + _GUARD)
        if guard is None:
            continue
        if all(_free(port_of(instance) + offset) for offset in _USED):
            return HeldInstance(instance, guard)
        guard.close()
    if exact:
        raise SimulatorError(
            f"instance {first} is taken (port {port_of(first)})", hint="leave --instance out, or take another"
        )
    raise SimulatorError(f"no free port for a simulated vehicle from instance {first} on")


def _free(port: int) -> bool:
    bound = _bound(port, again=True)
    if bound is not None:
        bound.close()
    return bound is not None


def _bound(port: int, *, again: bool = False) -> socket.socket | None:
    """A socket bound to the port, None where somebody has it; `again` forgives connections just ended."""
    candidate = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if again and os.name == "posix":
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    with contextlib.suppress(OSError):
        candidate.bind(("127.0.0.1", port))
        return candidate
    candidate.close()
    return None
