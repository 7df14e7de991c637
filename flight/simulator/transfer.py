"""The vehicle's side of the mission protocol: one receiver each for mission, fence and rally points.

Pure: messages and the time go in, messages come out through `Reply`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from flight.simulator.fence import fence_fault
from flight.simulator.messages import Message, Outgoing, Sender, Severity, mavlink
from flight.simulator.missionitems import Item, Kind, Result, fault, from_message, stored

LIMITS = {Kind.MISSION: 650, Kind.FENCE: 70, Kind.RALLY: 46}
_ASK_AGAIN_S = 1.0
_GIVE_UP_S = 8.0
_TIMEOUT_TEXT = {Kind.MISSION: "Mission", Kind.FENCE: "Fence", Kind.RALLY: "Rally"}

Say = Callable[[str, Severity], None]


@dataclass(slots=True)
class Upload:
    """An upload under way: items `first` to `last`, `next` is asked for; the rest is when things happened."""

    sender: Sender
    first: int
    last: int
    next: int
    asked_s: float
    heard_s: float


@dataclass(slots=True)
class Plans:
    """The stored mission, fence and rally points, and the uploads that change them.

    `post` takes what is to be sent, `say` a STATUSTEXT, `changed` is told which list was changed; `busy` says
    whether a mission is being flown and may not be cleared.
    """

    post: Callable[[Outgoing], None]
    say: Say
    changed: Callable[[Kind], None]
    busy: Callable[[], bool]
    home_item: Callable[[], Item]
    items: dict[Kind, list[Item]] = field(default_factory=lambda: {kind: [] for kind in Kind})
    uploads: dict[Kind, Upload] = field(default_factory=dict)
    waiting: dict[Kind, list[Item]] = field(default_factory=dict)
    warned: set[str] = field(default_factory=set)

    @property
    def mission(self) -> list[Item]:
        return self.items[Kind.MISSION]

    def item(self, kind: Kind, seq: int) -> Item:
        """An item as it is read back: number 0 of a mission is home."""
        return self.home_item() if kind is Kind.MISSION and seq == 0 else self.items[kind][seq]

    def handle(self, message: Message, sender: Sender, now_s: float) -> None:
        """Answer a message of the protocol."""
        kind = _kind(message.mission_type)
        if kind is None:
            self._ack(sender, Result.UNSUPPORTED, message.mission_type)
            return
        name = message.get_type()
        if name == "MISSION_COUNT":
            self._begin(kind, message.count, sender, now_s)
        elif name in ("MISSION_ITEM_INT", "MISSION_ITEM"):
            self._take(kind, message, sender, now_s)
        elif name == "MISSION_REQUEST_LIST":
            self._list(kind, sender)
        elif name in ("MISSION_REQUEST_INT", "MISSION_REQUEST"):
            self._read(kind, message, sender)
        elif name == "MISSION_CLEAR_ALL":
            self._clear(kind, sender)
        elif name == "MISSION_WRITE_PARTIAL_LIST":
            self._begin_partial(kind, message, sender, now_s)

    def tick(self, now_s: float) -> None:
        """Ask again each second, give up after eight."""
        for kind, upload in list(self.uploads.items()):
            if now_s - upload.heard_s >= _GIVE_UP_S:
                del self.uploads[kind]
                self._ack(upload.sender, Result.CANCELLED, kind)
                self.say(f"{_TIMEOUT_TEXT[kind]} upload timeout", Severity.WARNING)
            elif now_s - upload.asked_s >= _ASK_AGAIN_S - 1e-3:
                self._ask(kind, upload, now_s)

    def _begin(self, kind: Kind, count: int, sender: Sender, now_s: float) -> None:
        running = self.uploads.get(kind)
        if running is not None and running.sender.system != sender.system:
            self._ack(sender, Result.DENIED, kind)
            return
        if count > LIMITS[kind]:
            self._ack(sender, Result.NO_SPACE, kind)
            self.say(f"Only {LIMITS[kind]} items are supported", Severity.WARNING)
            return
        if kind is Kind.MISSION:
            del self.mission[count:]
        self.waiting[kind] = []
        if count == 0:
            self._finish(kind, sender)
            return
        self._start(kind, Upload(sender, 0, count - 1, 0, now_s, now_s), now_s)

    def _begin_partial(self, kind: Kind, message: Message, sender: Sender, now_s: float) -> None:
        first, last = message.start_index, message.end_index
        if kind is not Kind.MISSION or not 0 <= first <= last < len(self.mission):
            self._ack(sender, Result.ERROR, kind)
            self.say("Flight plan update rejected", Severity.WARNING)
            return
        self._start(kind, Upload(sender, first, last, first, now_s, now_s), now_s)

    def _start(self, kind: Kind, upload: Upload, now_s: float) -> None:
        self.uploads[kind] = upload
        self._ask(kind, upload, now_s)

    def _ask(self, kind: Kind, upload: Upload, now_s: float) -> None:
        upload.asked_s = now_s
        to = upload.sender
        request = mavlink.MAVLink_mission_request_message(to.system, to.component, upload.next, int(kind))
        self.post(Outgoing(request, to.link))

    def _take(self, kind: Kind, message: Message, sender: Sender, now_s: float) -> None:
        if message.get_type() == "MISSION_ITEM":
            self._warn("got MISSION_ITEM; GCS should send MISSION_ITEM_INT")
        upload = self.uploads.get(kind)
        if upload is None or upload.sender.system != sender.system:
            self._ack(sender, Result.ERROR, kind)
            return
        if message.seq != upload.next:
            self._ack(sender, Result.INVALID_SEQUENCE, kind)
            return
        item = from_message(message)
        refused = fault(item, kind)
        if refused is not Result.ACCEPTED:
            del self.uploads[kind]
            self._ack(sender, refused, kind)
            return
        upload.heard_s = now_s
        self._keep(kind, upload.next, stored(item, kind))
        upload.next += 1
        if upload.next > upload.last:
            self._finish(kind, upload.sender)
        else:
            self._ask(kind, upload, now_s)

    def _keep(self, kind: Kind, seq: int, item: Item) -> None:
        target = self.mission if kind is Kind.MISSION else self.waiting[kind]
        if seq < len(target):
            target[seq] = item
        else:
            target.append(item)

    def _finish(self, kind: Kind, sender: Sender) -> None:
        self.uploads.pop(kind, None)
        if kind is Kind.FENCE:
            faults = fence_fault(self.waiting[kind])
            if faults:
                self._ack(sender, Result.ERROR, kind)
                for severity, text in faults:
                    self.say(text, severity)
                self.say("Fence validation failed", Severity.WARNING)
                return
        if kind is not Kind.MISSION:
            self.items[kind] = self.waiting.pop(kind)
        self._ack(sender, Result.ACCEPTED, kind)
        self._announce(kind)
        self.changed(kind)

    def _announce(self, kind: Kind) -> None:
        if kind is Kind.MISSION:
            self.say("Flight plan received", Severity.INFO)
        elif kind is Kind.FENCE:
            self.say("Fence Indexed OK", Severity.DEBUG)

    def _list(self, kind: Kind, sender: Sender) -> None:
        if kind in self.uploads:
            self._ack(sender, Result.DENIED, kind)
            return
        count = mavlink.MAVLink_mission_count_message(
            sender.system, sender.component, len(self.items[kind]), int(kind)
        )
        self.post(Outgoing(count, sender.link))

    def _read(self, kind: Kind, message: Message, sender: Sender) -> None:
        if message.seq >= len(self.items[kind]):
            self._ack(sender, Result.ERROR, kind)
            return
        item = self.item(kind, message.seq)
        if message.get_type() == "MISSION_REQUEST":
            self._warn("got MISSION_REQUEST; use MISSION_REQUEST_INT!")
            made, x, y = mavlink.MAVLink_mission_item_message, item.lat, item.lon
        else:
            made, x, y = mavlink.MAVLink_mission_item_int_message, item.x, item.y
        go_on = 0 if kind is Kind.FENCE else 1
        answer = made(
            sender.system, sender.component, message.seq, item.frame, item.command, 0, go_on,
            *item.params, x, y, item.z, int(kind),
        )  # fmt: skip
        self.post(Outgoing(answer, sender.link))

    def _clear(self, kind: Kind, sender: Sender) -> None:
        if kind is Kind.MISSION and self.busy():
            self._ack(sender, Result.ERROR, kind)
            return
        self.uploads.pop(kind, None)
        self.items[kind].clear()
        self._ack(sender, Result.ACCEPTED, kind)
        if kind is Kind.FENCE:
            self._announce(kind)
        self.changed(kind)

    def _warn(self, text: str) -> None:
        if text not in self.warned:
            self.warned.add(text)
            self.say(text, Severity.WARNING)

    def _ack(self, sender: Sender, result: Result, kind: int) -> None:
        ack = mavlink.MAVLink_mission_ack_message(sender.system, sender.component, int(result), int(kind))
        self.post(Outgoing(ack, sender.link))


def _kind(number: int) -> Kind | None:
    return Kind(number) if number in (0, 1, 2) else None
