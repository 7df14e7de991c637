"""The vehicle's side of the mission protocol: one receiver each for mission, fence and rally points.

Pure: messages and the time go in, messages come out through `Reply`. As in ArduCopter an upload belongs to
the system and component that began it, answers to strays go out on that upload's link, and a mission or
rally upload that ends early leaves what had arrived.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from core.units import e7_to_deg
from flight.simulator.fence import RETURN_POINT, fence_fault
from flight.simulator.messages import Message, Outgoing, Sender, Severity, mavlink
from flight.simulator.missionitems import Item, Kind, Result, float32
from flight.simulator.storage import fault, from_message, has_location, stored

LIMITS = {Kind.MISSION: 650, Kind.FENCE: 70, Kind.RALLY: 46}
_ASK_AGAIN_S = 1.0
_GIVE_UP_S = 8.0
_LEAST_FENCE = 3
_NAMES = {Kind.MISSION: "Mission", Kind.FENCE: "Fence", Kind.RALLY: "Rally"}

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
    items: list[Item] = field(default_factory=list)  # a fence is collected here until it is whole

    def is_from(self, sender: Sender) -> bool:
        """Whether the station that began it speaks."""
        return (sender.system, sender.component) == (self.sender.system, self.sender.component)


@dataclass(slots=True)
class Plans:
    """The stored mission, fence and rally points, and the uploads that change them.

    `post` takes what is to be sent, `say` a STATUSTEXT, `changed` is told which list was changed, of mission
    and rally points at each item that is stored; `cleared` that the mission was taken away at once, which it
    cannot be while `busy` says that one is being flown.
    """

    post: Callable[[Outgoing], None]
    say: Say
    changed: Callable[[Kind], None]
    cleared: Callable[[], None]
    busy: Callable[[], bool]
    home_item: Callable[[], Item]
    items: dict[Kind, list[Item]] = field(default_factory=lambda: {kind: [] for kind in Kind})
    uploads: dict[Kind, Upload] = field(default_factory=dict)
    warned: set[tuple[Kind, str]] = field(default_factory=set)
    version: int = 0  # counts what may have changed the lists

    @property
    def mission(self) -> list[Item]:
        return self.items[Kind.MISSION]

    @property
    def totals(self) -> dict[str, int]:
        """How many there are, by the parameter that says so; a fence of polygons counts two more."""
        vertices = sum(item.command != RETURN_POINT for item in self.items[Kind.FENCE])
        return {
            "MIS_TOTAL": len(self.mission),
            "FENCE_TOTAL": vertices + 2 if vertices >= _LEAST_FENCE else 0,
            "RALLY_TOTAL": len(self.items[Kind.RALLY]),
        }

    def item(self, kind: Kind, seq: int) -> Item:
        """An item as it is read back: number 0 of a mission is home."""
        return self.home_item() if kind is Kind.MISSION and seq == 0 else self.items[kind][seq]

    def handle(self, message: Message, sender: Sender, now_s: float) -> None:
        """Answer a message of the protocol."""
        self.version += 1
        kind = _kind(message.mission_type)
        if kind is None:
            self.ack(sender, Result.UNSUPPORTED, message.mission_type)
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
                self.ack(upload.sender, Result.CANCELLED, kind)
                self.say(f"{_NAMES[kind]} upload timeout", Severity.WARNING)
            elif now_s - upload.asked_s >= _ASK_AGAIN_S - 1e-3:
                self._ask(kind, upload, now_s)

    # -- beginning

    def _cancelled(self, kind: Kind, sender: Sender) -> bool:
        """End an upload of the same station; False, with the answer, for another's."""
        running = self.uploads.get(kind)
        if running is not None and not running.is_from(sender):
            self.ack(sender, Result.DENIED, kind)
            return False
        self.uploads.pop(kind, None)
        return True

    def _begin(self, kind: Kind, count: int, sender: Sender, now_s: float) -> None:
        if not self._cancelled(kind, sender):
            return
        if count > LIMITS[kind]:
            self.ack(sender, Result.NO_SPACE, kind)
            self.say(f"Only {LIMITS[kind]} items are supported", Severity.WARNING)
            return
        if kind is not Kind.FENCE and count < len(self.items[kind]):
            del self.items[kind][count:]
            self.changed(kind)
        upload = Upload(sender, 0, count - 1, 0, now_s, now_s)
        if count == 0:
            self._finish(kind, upload, sender)
            return
        self._start(kind, upload, now_s)

    def _begin_partial(self, kind: Kind, message: Message, sender: Sender, now_s: float) -> None:
        if kind in self.uploads:
            self.ack(sender, Result.DENIED, kind)
            return
        first, last, held = message.start_index, message.end_index, len(self.items[kind])
        if not 0 <= first <= last <= held:
            self.ack(sender, Result.ERROR, kind)
            self.say("Flight plan update rejected", Severity.WARNING)
            return
        upload = Upload(sender, first, last, first, now_s, now_s)
        if kind is Kind.FENCE:
            upload.items = list(self.items[kind])
        self._start(kind, upload, now_s)

    def _start(self, kind: Kind, upload: Upload, now_s: float) -> None:
        self.uploads[kind] = upload
        self.warned = {entry for entry in self.warned if entry[0] is not kind}
        self._ask(kind, upload, now_s)

    def _ask(self, kind: Kind, upload: Upload, now_s: float) -> None:
        upload.asked_s = now_s
        to = upload.sender
        request = mavlink.MAVLink_mission_request_message(to.system, to.component, upload.next, int(kind))
        self.post(Outgoing(request, to.link))

    # -- receiving

    def _take(self, kind: Kind, message: Message, sender: Sender, now_s: float) -> None:
        item = from_message(message)
        if isinstance(item, Result):
            self.ack(sender, item, kind)
            return
        if message.get_type() == "MISSION_ITEM":
            self._warn(kind, "got MISSION_ITEM; GCS should send MISSION_ITEM_INT")
        upload = self.uploads.get(kind)
        if upload is None:
            self.ack(sender, Result.ERROR, kind)
            return
        answer_to = Sender(upload.sender.link, sender.system, sender.component)
        if message.seq != upload.next or not upload.is_from(sender):
            wrong = Result.INVALID_SEQUENCE if message.seq != upload.next else Result.DENIED
            self.ack(answer_to, wrong, kind)
            return
        farthest = max(upload.last, len(self.items[kind]) - 1)
        refused = fault(item, kind, farthest) or self._keep(kind, upload, item)
        if refused is not Result.ACCEPTED:
            del self.uploads[kind]
            self.ack(answer_to, refused, kind)
            return
        if kind is not Kind.FENCE:
            self.changed(kind)
        self._go_on(kind, upload, answer_to, now_s)

    def _go_on(self, kind: Kind, upload: Upload, answer_to: Sender, now_s: float) -> None:
        upload.heard_s = now_s
        upload.next += 1
        if upload.next > upload.last:
            self._finish(kind, upload, answer_to)
        else:
            self._ask(kind, upload, now_s)

    def _keep(self, kind: Kind, upload: Upload, item: Item) -> Result:
        target = upload.items if kind is Kind.FENCE else self.items[kind]
        if upload.next < len(target):
            target[upload.next] = stored(item, kind)
        elif upload.first == 0 or kind is not Kind.FENCE:
            target.append(stored(item, kind))
        else:
            return Result.INVALID_SEQUENCE
        return Result.ACCEPTED

    def _finish(self, kind: Kind, upload: Upload, answer_to: Sender) -> None:
        self.uploads.pop(kind, None)
        if kind is Kind.FENCE and not self._fence_valid(upload, answer_to):
            return
        self.ack(answer_to, Result.ACCEPTED, kind)
        self._announce(kind)
        if kind is Kind.FENCE:
            self.changed(kind)

    def _fence_valid(self, upload: Upload, answer_to: Sender) -> bool:
        faults = fence_fault(upload.items)
        if faults:
            self.ack(answer_to, Result.ERROR, Kind.FENCE)
            for severity, text in faults:
                self.say(text, severity)
            return False
        self.items[Kind.FENCE] = upload.items
        return True

    def _announce(self, kind: Kind) -> None:
        if kind is Kind.MISSION:
            self.say("Flight plan received", Severity.INFO)
        elif kind is Kind.FENCE:
            self.say("Fence Indexed OK", Severity.DEBUG)

    # -- reading

    def _list(self, kind: Kind, sender: Sender) -> None:
        if kind in self.uploads:
            self.ack(sender, Result.DENIED, kind)
            return
        self._count(kind, sender)

    def _count(self, kind: Kind, sender: Sender) -> None:
        count = mavlink.MAVLink_mission_count_message(
            sender.system, sender.component, len(self.items[kind]), int(kind)
        )
        self.post(Outgoing(count, sender.link))

    def _read(self, kind: Kind, message: Message, sender: Sender) -> None:
        old = message.get_type() == "MISSION_REQUEST"
        if kind in self.uploads and not old:
            self.ack(sender, Result.DENIED, kind)
            return
        missing = self._missing(kind, message.seq, sender)
        if missing is not Result.ACCEPTED:
            self.ack(sender, missing, kind)
            return
        if old:
            self._warn(kind, "got MISSION_REQUEST; use MISSION_REQUEST_INT!")
        self.post(Outgoing(_item_message(self.item(kind, message.seq), message, sender, kind), sender.link))

    def _missing(self, kind: Kind, seq: int, sender: Sender) -> Result:
        """Why an item cannot be read; home always can."""
        held = len(self.items[kind])
        if kind is Kind.MISSION:
            if seq == 0 or seq < held:
                return Result.ACCEPTED
            self._count(kind, sender)
            return Result.ERROR
        if seq >= held:
            return Result.ERROR if kind is Kind.FENCE and seq == held else Result.INVALID_SEQUENCE
        nowhere = kind is Kind.RALLY and not self.items[kind][seq].has_place
        return Result.INVALID_SEQUENCE if nowhere else Result.ACCEPTED

    def _clear(self, kind: Kind, sender: Sender) -> None:
        done = self._cancelled(kind, sender) and not (kind is Kind.MISSION and self.busy())
        if done:
            self.items[kind].clear()
        self.ack(sender, Result.ACCEPTED if done else Result.ERROR, kind)
        if not done:
            return
        if kind is Kind.FENCE:
            self._announce(kind)
        if kind is Kind.MISSION:
            self.cleared()
        else:
            self.changed(kind)

    def _warn(self, kind: Kind, text: str) -> None:
        if (kind, text) not in self.warned:
            self.warned.add((kind, text))
            self.say(text, Severity.WARNING)

    def ack(self, sender: Sender, result: Result, kind: int) -> None:
        """Send a MISSION_ACK."""
        ack = mavlink.MAVLink_mission_ack_message(sender.system, sender.component, int(result), int(kind))
        self.post(Outgoing(ack, sender.link))


def _item_message(item: Item, message: Message, sender: Sender, kind: Kind) -> Message:
    """MISSION_ITEM_INT, or MISSION_ITEM for the old request."""
    old = message.get_type() == "MISSION_REQUEST"
    made = mavlink.MAVLink_mission_item_message if old else mavlink.MAVLink_mission_item_int_message
    x, y = _as_floats(item) if old else (item.x, item.y)
    return made(
        sender.system, sender.component, message.seq, item.frame, item.command, 0, _goes_on(kind),
        *item.params, x, y, item.z, int(kind),
    )  # fmt: skip


def _as_floats(item: Item) -> tuple[float, float]:
    if has_location(item.command):
        return float32(e7_to_deg(item.x)), float32(e7_to_deg(item.y))
    return float(item.x), float(item.y)


def _goes_on(kind: Kind) -> int:
    """The autocontinue field: only a mission's items have it."""
    return 1 if kind is Kind.MISSION else 0


def _kind(number: int) -> Kind | None:
    return Kind(number) if number in (0, 1, 2) else None
