"""MAVLink 2 signing: the key a client sets up, and what each port does with it.

As on ArduPilot the first port, which stands for the board's own USB, still takes messages that are unsigned
or wrongly signed; the others drop them in silence. Answers are signed on all.
"""

from dataclasses import dataclass
from typing import Any

from flight.simulator.messages import Message

_RADIO = (109, 166)  # RADIO_STATUS, RADIO: never signed
_AHEAD = 60 * 100 * 1000  # ten microseconds: a minute, since the last timestamp may not have been kept


@dataclass(slots=True)
class Signing:
    """The key in force, if any; `version` counts its changes."""

    key: bytes | None = None
    timestamp: int = 0
    version: int = 0

    def set_up(self, message: Message) -> None:
        """SETUP_SIGNING; a key of zeros at time zero ends signing."""
        key, start = bytes(message.secret_key), int(message.initial_timestamp)
        self.key = key if any(key) or start else None
        self.timestamp = start + _AHEAD
        self.version += 1

    def apply(self, link: Any, port: int) -> None:
        """Make a pymavlink connection sign, and drop what a port does not take."""
        link.signing.secret_key = self.key
        link.signing.sign_outgoing = self.key is not None
        link.signing.link_id = port
        link.signing.timestamp = max(link.signing.timestamp, self.timestamp)
        link.signing.allow_unsigned_callback = lambda _link, number: port == 0 or number in _RADIO
