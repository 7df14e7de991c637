"""The vehicle's files as MAVLink FTP shows them: a small disk in memory, lists made when read."""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from errno import EEXIST, EISDIR, ENOENT, ENOSPC, EROFS

from flight.simulator.missionitems import Item, Kind
from flight.simulator.params import Param, Params
from flight.simulator.transfer import Plans

_MOST_BYTES = 4 * 1024 * 1024
_MOST_FOLDERS = 100
_LIST_BYTES = 1024 * 1024  # what is said of a list's size before it is made
_SYSTEM_BYTES = 100_000
_STORAGE_BYTES = 16_384
_SYSTEM = (
    "threads.txt", "tasks.txt", "dma.txt", "memory.txt", "uarts.txt", "timers.txt", "can_log.txt",
    "can0_stats.txt", "can1_stats.txt", "crash_dump.bin", "storage.bin",
)  # fmt: skip
_PLACES, _PLACES_BYTES = "@ROMFS/locations.txt", 4425  # of ArduPilot's simulator; here only its size is told
_MISSIONS = {"mission.dat": Kind.MISSION, "fence.dat": Kind.FENCE, "rally.dat": Kind.RALLY}
_MISSION_MAGIC, _PARAM_MAGIC, _PARAM_MAGIC_DEFAULTS = 0x763D, 0x671B, 0x671C
_PARAM_TYPES = {2: (1, "<b"), 4: (2, "<h"), 6: (3, "<i"), 9: (4, "<f")}  # MAV_PARAM_TYPE: ArduPilot's, struct
_PARAM_BYTES = 12  # what a parameter is thought to take when the size is asked


class NoFileError(Exception):
    """A file operation that failed; `number` is the errno."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@dataclass(frozen=True, slots=True)
class Source:
    """A file open for reading: the size said of it, and its bytes, made for reads of some size."""

    size: int
    read: Callable[[int], bytes]
    one_block: bool = False  # whether all reads must be of the first one's size


@dataclass(slots=True)
class Files:
    """Paths as ArduPilot names them; @PARAM, @MISSION and @SYS are made from the vehicle."""

    params: Params
    plans: Plans
    held: dict[str, bytes] = field(default_factory=dict)
    folders: list[str] = field(default_factory=lambda: ["terrain"])

    def open(self, path: str) -> Source:
        """A file to read; raises `NoFileError`."""
        name, _, query = path.strip("/").partition("?")
        if name == "@PARAM/param.pck":
            wants = dict(part.partition("=")[::2] for part in query.split("&"))
            size = _PARAM_BYTES * len(self.params)
            return Source(size, lambda block: self._packed_params(block, wants), one_block=True)
        if name.startswith("@MISSION/") and name[9:] in _MISSIONS:
            kind = _MISSIONS[name[9:]]
            return Source(_LIST_BYTES, lambda _block: self._packed_items(kind))
        if name.startswith("@SYS/") and name[5:] in _SYSTEM:
            size = _STORAGE_BYTES if name.endswith("storage.bin") else _SYSTEM_BYTES
            return Source(size, lambda _block: f"{name[5:]}\n".encode())
        if name == _PLACES:
            return Source(_PLACES_BYTES, lambda _block: bytes(_PLACES_BYTES))
        if name in self.held:
            content = self.held[name]
            return Source(len(content), lambda _block: content)
        raise NoFileError(EISDIR if name in self.folders else ENOENT)

    def write(self, path: str, content: bytes) -> None:
        """Keep a whole file; raises `NoFileError`."""
        name = path.strip("/")
        if name.startswith("@"):
            raise NoFileError(EROFS)
        folder = name.rpartition("/")[0]
        if folder and folder not in self.folders:
            raise NoFileError(ENOENT)
        if len(content) + sum(len(other) for key, other in self.held.items() if key != name) > _MOST_BYTES:
            raise NoFileError(ENOSPC)
        self.held[name] = content

    def make_folder(self, path: str) -> None:
        """Make a folder; raises `NoFileError`."""
        name = path.strip("/")
        if name.startswith("@"):
            raise NoFileError(EROFS)
        if name in ("", *self.folders, *self.held):
            raise NoFileError(EEXIST)
        if len(self.folders) >= _MOST_FOLDERS:
            raise NoFileError(ENOSPC)
        self.folders.append(name)

    def remove(self, path: str) -> None:
        """Remove a file or a folder; raises `NoFileError`."""
        name = path.strip("/")
        if name in self.folders:
            self.folders.remove(name)
        elif self.held.pop(name, None) is None:
            raise NoFileError(ENOENT)

    def listed(self, path: str) -> list[bytes]:
        """What a folder holds, as FTP writes it; raises `NoFileError`."""
        name = path.strip("/")
        if name == "@SYS":
            return [f"F{entry}\t{self.open(f'@SYS/{entry}').size}".encode() for entry in _SYSTEM]
        if name == "@ROMFS":
            return [f"Flocations.txt\t{_PLACES_BYTES}".encode(), b"Dmodels"]
        if name not in ("", *self.folders):
            raise NoFileError(ENOENT)
        inside = f"{name}/" if name else ""
        folders = [entry for entry in self.folders if entry.rpartition("/")[0] == name]
        files = [entry for entry in self.held if entry.rpartition("/")[0] == name]
        rows = [".", "..", *(entry.removeprefix(inside) for entry in folders)]
        rows += [] if name else ["@ROMFS", "@SYS"]
        sizes = [f"F{entry.removeprefix(inside)}\t{len(self.held[entry])}" for entry in files]
        return [f"D{entry}".encode() for entry in rows] + [entry.encode() for entry in sizes]

    # -- lists

    def _packed_items(self, kind: Kind) -> bytes:
        items = [self.plans.item(kind, seq) for seq in range(len(self.plans.items[kind]))]
        head = struct.pack("<HHHHH", _MISSION_MAGIC, kind, 0, 0, len(items))
        return head + b"".join(_packed_item(seq, item, kind) for seq, item in enumerate(items))

    def _packed_params(self, block: int, wants: dict[str, str]) -> bytes:
        """As `@PARAM/param.pck`: each name without what it shares with the one before."""
        defaults = self.params.defaults if wants.get("withdefaults") == "1" else None
        first, count = (_number(wants.get(key, "")) for key in ("start", "count"))
        chosen = list(self.params)[first : first + count if count else None]
        magic = _PARAM_MAGIC if defaults is None else _PARAM_MAGIC_DEFAULTS
        packed = bytearray(struct.pack("<HHH", magic, len(chosen), len(self.params)))
        before = ""
        for param in chosen:
            packed += _padded(_packed_param(param, before, defaults), param, len(packed), block)
            before = param.name
        return bytes(packed)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


def _shared(name: str, before: str) -> int:
    """How many letters two names begin with alike; one is always left."""
    same = 0
    while same < min(len(name), len(before)) and name[same] == before[same]:
        same += 1
    return min(same, len(name) - 1)


def _values(param: Param, defaults: dict[str, float] | None) -> Iterator[bytes]:
    form = _PARAM_TYPES[param.kind][1]
    default = param.value if defaults is None else defaults.get(param.name, param.value)
    for value in [param.value] if default == param.value else [param.value, default]:
        yield struct.pack(form, value if form == "<f" else int(value))


def _packed_param(param: Param, before: str, defaults: dict[str, float] | None) -> bytes:
    same = _shared(param.name, before)
    rest, values = param.name[same:].encode(), list(_values(param, defaults))
    kind = _PARAM_TYPES[param.kind][0] | (len(values) - 1) << 4
    return bytes((kind, same | len(rest) - 1 << 4)) + rest + b"".join(values)


def _padded(packed: bytes, param: Param, at: int, block: int) -> bytes:
    """Zeros before it where its value would lie across two blocks."""
    width = struct.calcsize(_PARAM_TYPES[param.kind][1])
    over = (at + len(packed)) % block
    return bytes(width - over) + packed if width > 1 and 0 < over < width else packed


def _packed_item(seq: int, item: Item, kind: Kind) -> bytes:
    goes_on = 1 if kind is Kind.MISSION else 0
    return struct.pack(
        "<4fiifHHBBBBBB", *item.params, item.x, item.y, item.z, seq, item.command, 1, 1, item.frame, 0,
        goes_on, kind,
    )  # fmt: skip
