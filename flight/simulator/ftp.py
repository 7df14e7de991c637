"""MAVLink FTP, as ArduCopter answers it: one file open at a time, held by the session that opened it.

Pure: a request's payload and the time go in, the replies' payloads come out.
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import IntEnum
from errno import EEXIST, EINVAL, ENOENT

from flight.simulator.files import Files, NoFileError, Source

_DATA_BYTES = 239
_PAYLOAD_BYTES = 251
_BURST = 500
_SESSION_S = 3.0
_FREE = -1
_BLOCK = 64  # bytes a read when a checksum is asked of a list that depends on it


class Op(IntEnum):
    """Operations of a request; 128 and 129 are answers."""

    NONE = 0
    TERMINATE = 1
    RESET = 2
    LIST = 3
    OPEN = 4
    READ = 5
    CREATE = 6
    WRITE = 7
    REMOVE = 8
    MAKE_FOLDER = 9
    REMOVE_FOLDER = 10
    OPEN_TO_WRITE = 11
    RENAME = 13
    CHECKSUM = 14
    BURST = 15
    ACK = 128
    NAK = 129


class Fault(IntEnum):
    """Why an answer is a NAK."""

    FAIL = 1
    ERRNO = 2
    DATA_SIZE = 3
    SESSION = 4
    END = 6
    EXISTS = 8
    MISSING = 10


_ERRNO_FAULTS = {ENOENT: Fault.MISSING, EEXIST: Fault.EXISTS}


@dataclass(frozen=True, slots=True)
class Packet:
    """A request or an answer: the fields of the payload."""

    seq: int
    session: int
    op: int
    size: int = 0
    request: int = 0
    burst_complete: bool = False
    offset: int = 0
    data: bytes = b""

    @classmethod
    def read(cls, payload: bytes) -> "Packet":
        """From the 251 bytes of the message."""
        raw = payload.ljust(_PAYLOAD_BYTES, b"\0")
        seq, session, op, size, request, burst, offset = struct.unpack_from("<HBBBBBxI", raw)
        return cls(seq, session, op, size, request, bool(burst), offset, raw[12:_PAYLOAD_BYTES])

    def packed(self) -> bytes:
        """The bytes of the message's payload."""
        head = struct.pack(
            "<HBBBBBxI", self.seq & 0xFFFF, self.session, self.op, self.size, self.request,
            self.burst_complete, self.offset,
        )  # fmt: skip
        return (head + self.data).ljust(_PAYLOAD_BYTES, b"\0")


class _FaultError(Exception):
    def __init__(self, fault: Fault, number: int = 0) -> None:
        super().__init__(fault)
        self.data = bytes((fault, number)) if fault is Fault.ERRNO else bytes((fault,))


@dataclass(slots=True)
class Open:
    """The file that is open: to be read, or collected until it is closed."""

    path: str
    source: Source | None
    content: bytearray | None = None  # what is being written
    block: int = 0
    made: bytes | None = None  # what is read, made at the first read for blocks of its size


@dataclass(slots=True)
class Ftp:
    """The server; `read_list` tells when the parameter list was opened, for the banner."""

    files: Files
    read_list: Callable[[], None]
    file: Open | None = None
    session: int = _FREE
    heard_s: float = 0.0
    last: tuple[object, bytes, list[bytes]] | None = None
    table: dict[int, Callable[[Packet], Iterator[Packet]]] = field(init=False)

    def __post_init__(self) -> None:
        self.table = {
            Op.NONE: self._nothing, Op.TERMINATE: self._close, Op.RESET: self._close, Op.LIST: self._list,
            Op.OPEN: self._open, Op.READ: self._read, Op.CREATE: self._create, Op.WRITE: self._write,
            Op.REMOVE: self._remove, Op.MAKE_FOLDER: self._make_folder, Op.REMOVE_FOLDER: self._remove,
            Op.OPEN_TO_WRITE: self._create, Op.RENAME: self._rename, Op.CHECKSUM: self._checksum,
            Op.BURST: self._burst,
        }  # fmt: skip

    def handle(self, payload: bytes, sender: object, now_s: float) -> list[bytes]:
        """Answers to a request; the same request again gets the last answer again."""
        request = Packet.read(payload)
        if request.op in (Op.ACK, Op.NAK):
            return []
        if self.last is not None and self.last[:2] == (sender, payload):
            return self.last[2][-1:]
        answers = [answer.packed() for answer in self._answers(request, now_s)]
        self.heard_s = now_s
        self.last = (sender, payload, answers)
        return answers

    def _answers(self, request: Packet, now_s: float) -> Iterator[Packet]:
        answer = Packet(request.seq + 1, request.session, Op.ACK, request=request.op)
        ending = request.op in (Op.TERMINATE, Op.RESET)
        other = request.session != self.session
        idle = now_s - self.heard_s
        if other and ending:
            yield answer
            return
        if self.file is not None and other and idle < _SESSION_S:
            yield replace(answer, op=Op.NAK, size=1, data=bytes((Fault.SESSION,)))
            return
        if self.file is not None and idle >= _SESSION_S and (other or request.op == Op.OPEN):
            self._shut()
        try:
            for made in self.table.get(request.op, _unsupported)(request):
                answer = replace(made, seq=answer.seq, session=request.session, request=request.op)
                yield answer
                answer = replace(answer, seq=answer.seq + 1)
        except NoFileError as error:
            fault = _ERRNO_FAULTS.get(error.number, Fault.ERRNO)
            yield self._nak(answer, _FaultError(fault, error.number).data, request)
        except _FaultError as error:
            yield self._nak(answer, error.data, request)

    @staticmethod
    def _nak(answer: Packet, data: bytes, request: Packet) -> Packet:
        """As ArduPilot's: only of a list that could not be read is the offset said."""
        offset = request.offset if request.op == Op.LIST else answer.offset
        return replace(answer, op=Op.NAK, size=len(data), offset=offset, data=data)

    def _shut(self) -> None:
        file, self.file, self.session = self.file, None, _FREE
        if file is not None and file.content is not None:
            self.files.write(file.path, bytes(file.content))

    # -- operations

    @staticmethod
    def _nothing(_request: Packet) -> Iterator[Packet]:
        yield Packet(0, 0, Op.ACK)

    def _close(self, _request: Packet) -> Iterator[Packet]:
        self._shut()
        yield Packet(0, 0, Op.ACK)

    def _list(self, request: Packet) -> Iterator[Packet]:
        entries = self.files.listed(_path(request))[request.offset :]
        data = bytearray()
        for entry in entries:
            if len(data) + len(entry) + 2 > _DATA_BYTES:
                break
            data += entry + b"\0\0"
        if not data:
            raise _FaultError(Fault.END)
        yield Packet(0, 0, Op.ACK, len(data), offset=request.offset, data=bytes(data))

    def _open(self, request: Packet) -> Iterator[Packet]:
        if self.file is not None:
            raise _FaultError(Fault.FAIL)
        path = _path(request)
        source = self.files.open(path)
        self.file, self.session = Open(path, source), request.session
        if path.strip("/").startswith("@PARAM/param.pck"):
            self.read_list()
        yield Packet(0, 0, Op.ACK, 4, data=struct.pack("<I", source.size))

    def _piece(self, at: int, most: int) -> bytes:
        if self.file is None:
            raise _FaultError(Fault.MISSING)
        if self.file.source is None:
            raise _FaultError(Fault.FAIL)
        if self.file.made is None:
            self.file.made, self.file.block = self.file.source.read(max(1, most)), most
        if self.file.source.one_block and most != self.file.block:
            raise NoFileError(EINVAL)
        piece = self.file.made[at : at + most]
        if not piece:
            raise _FaultError(Fault.END)
        return piece

    def _read(self, request: Packet) -> Iterator[Packet]:
        piece = self._piece(request.offset, min(request.size, _DATA_BYTES))
        yield Packet(0, 0, Op.ACK, len(piece), offset=request.offset, data=piece)

    def _burst(self, request: Packet) -> Iterator[Packet]:
        most = min(request.size or _DATA_BYTES, _DATA_BYTES)
        for number in range(_BURST):
            at = request.offset + number * most
            piece = self._piece(at, most)
            last = number == _BURST - 1
            yield Packet(0, 0, Op.ACK, len(piece), burst_complete=last, offset=at, data=piece)

    def _create(self, request: Packet) -> Iterator[Packet]:
        if self.file is not None:
            raise _FaultError(Fault.FAIL)
        path = _path(request)
        content = b""
        if request.op == Op.OPEN_TO_WRITE:
            content = self.files.open(path).read(_BLOCK)
        self.files.write(path, content)
        self.file, self.session = Open(path, None, bytearray(content)), request.session
        yield Packet(0, 0, Op.ACK)

    def _write(self, request: Packet) -> Iterator[Packet]:
        file = self.file
        if file is None:
            raise _FaultError(Fault.MISSING)
        if file.content is None:
            raise _FaultError(Fault.FAIL)
        end = request.offset + request.size
        if end > len(file.content):
            self.files.write(file.path, bytes(min(end, 1 << 26)))  # refuses what the disk cannot hold
            file.content += bytes(end - len(file.content))
        file.content[request.offset : end] = request.data[: request.size]
        self.files.write(file.path, bytes(file.content))
        yield Packet(0, 0, Op.ACK, offset=request.offset)

    def _remove(self, request: Packet) -> Iterator[Packet]:
        self.files.remove(_path(request))
        yield Packet(0, 0, Op.ACK)

    def _make_folder(self, request: Packet) -> Iterator[Packet]:
        self.files.make_folder(_path(request))
        yield Packet(0, 0, Op.ACK)

    def _rename(self, request: Packet) -> Iterator[Packet]:
        before, zero, after = request.data[: request.size].partition(b"\0")
        if not zero or not before or not after:
            raise _FaultError(Fault.DATA_SIZE)
        old, new = (name.decode("utf-8", "replace") for name in (before, after))
        content = self.files.open(old).read(_BLOCK)
        self.files.remove(old)
        self.files.write(new, content)
        yield Packet(0, 0, Op.ACK)

    def _checksum(self, request: Packet) -> Iterator[Packet]:
        """A CRC32 as ArduPilot's: begun at 0 and not turned over at the end."""
        content = self.files.open(_path(request)).read(_BLOCK)
        value = zlib.crc32(content, 0xFFFFFFFF) ^ 0xFFFFFFFF
        yield Packet(0, 0, Op.ACK, 4, data=struct.pack("<I", value))


def _unsupported(request: Packet) -> Iterator[Packet]:
    yield replace(request, op=Op.NAK, size=1, data=bytes((Fault.FAIL,)))


def _path(request: Packet) -> str:
    """The path that a request names; its size must be the name's."""
    name = request.data.split(b"\0", 1)[0]
    if not name or len(name) != request.size:
        raise _FaultError(Fault.DATA_SIZE)
    return name.decode("utf-8", "replace")
