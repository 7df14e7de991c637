"""How good a link is: what was lost by sequence numbers, how much comes in, who was heard when."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flight.cutter import Frame
from flight.wire import Fields

STALE_S = 2.5  # of silence; told within half a second more
RATE_WINDOW_S = 2.0
SEQUENCES = 256
LARGEST_GAP = 128  # more is a restart or a second stream, not a loss
RSSI_UNKNOWN = 255

Source = tuple[int, int]
"""System and component id."""


@dataclass(frozen=True, slots=True)
class RadioStatus:
    """A radio's own words (RADIO_STATUS): signal here and at the other end 0..254 (None = unknown), send
    buffer free in percent, packets with errors, packets mended.
    """

    rssi: int | None
    remote_rssi: int | None
    buffer_free_percent: int
    errors: int
    fixed: int


@dataclass(frozen=True, slots=True)
class Quality:
    """A link at one moment. `loss` is the lost share 0..1 of what one sender sent (None = nothing heard);
    rates are of the last seconds, both ways apart; `heard_s` clock readings by system id.
    """

    received: int
    lost: int
    messages_per_s: float
    bytes_per_s: float
    bad_bytes: int
    heard_s: Mapping[int, float]
    radio: RadioStatus | None = None

    @property
    def loss(self) -> float | None:
        """The share of frames that did not arrive."""
        total = self.received + self.lost
        return self.lost / total if total else None


@dataclass(slots=True)
class _Sender:
    sequence: int
    received: int = 1
    lost: int = 0


@dataclass(slots=True)
class Meter:
    """Counts frames as they come; `quality` gives the figures of one sender or of all."""

    senders: dict[Source, _Sender] = field(default_factory=dict)
    heard_s: dict[int, float] = field(default_factory=dict)
    radio: RadioStatus | None = None
    bad_bytes: int = 0
    _window: tuple[float, int, int] | None = None  # since when, messages, bytes
    _rates: tuple[float, float] = (0.0, 0.0)
    _messages: int = 0
    _bytes: int = 0

    def knows(self, frame: Frame) -> bool:
        """Whether its sender has sent a frame whose checksum was right."""
        return (frame.system, frame.component) in self.senders

    def take(self, frame: Frame, now_s: float) -> None:
        """One frame of a sender that can be believed."""
        self._messages += 1
        self._bytes += len(frame.data)
        self.heard_s[frame.system] = now_s
        source = (frame.system, frame.component)
        sender = self.senders.get(source)
        if sender is None:
            self.senders[source] = _Sender(frame.sequence)
            return
        gap = (frame.sequence - sender.sequence - 1) % SEQUENCES
        sender.received += 1
        if gap < LARGEST_GAP:
            sender.lost += gap
            sender.sequence = frame.sequence
        elif gap < SEQUENCES - 8:
            sender.sequence = frame.sequence  # a restart; a smaller step back is a late or doubled frame
        else:
            sender.lost = max(0, sender.lost - 1)

    def tick(self, now_s: float) -> None:
        """Close the window of the rates when it is full."""
        since_s, messages, size = self._window or (now_s, self._messages, self._bytes)
        took_s = now_s - since_s
        if took_s >= RATE_WINDOW_S:
            self._rates = ((self._messages - messages) / took_s, (self._bytes - size) / took_s)
            self._window = None
        if self._window is None:
            self._window = (now_s, self._messages, self._bytes)

    def quality(self, source: Source | None = None) -> Quality:
        """The figures now; loss of `source` only where given."""
        senders = list(self.senders.values())
        if source is not None:
            senders = [self.senders[source]] if source in self.senders else []
        return Quality(
            received=sum(s.received for s in senders),
            lost=sum(s.lost for s in senders),
            messages_per_s=self._rates[0],
            bytes_per_s=self._rates[1],
            bad_bytes=self.bad_bytes,
            heard_s=dict(self.heard_s),
            radio=self.radio,
        )


def radio_status(fields: Fields) -> RadioStatus:
    """A RADIO_STATUS message (or the older RADIO, which has the same fields)."""

    def level(name: str) -> int | None:
        return None if fields[name] == RSSI_UNKNOWN else int(fields[name])

    return RadioStatus(
        level("rssi"), level("remrssi"), int(fields["txbuf"]), int(fields["rxerrors"]), int(fields["fixed"])
    )
