"""A few kinds of messages from a short recording, read at once: no compiled loop has to be made first.

For whole flights and many kinds use `tlog.py`.
"""

import struct
from collections.abc import Collection, Iterator
from pathlib import Path

from flight.codec import Decoder, extras_of
from flight.cutter import Cutter, frame_length
from flight.link import message_kind
from flight.wire import Message

_STAMP = struct.Struct(">Q")


def played_back(path: Path, names: Collection[str]) -> Iterator[Message]:
    """The messages called `names` in a .tlog, in its order, with the recording's UTC seconds.

    What is damaged, and a last frame that was cut short, is stepped over. Raises `OSError`.
    """
    kinds = {int(kind.id): kind for kind in map(message_kind, names)}
    cutter, decoder = Cutter(extras_of(kinds)), Decoder(kinds, names)
    data, at = path.read_bytes(), 0
    while at + _STAMP.size < len(data):
        begin = at + _STAMP.size
        length = frame_length(data, begin) if data[begin] in (0xFD, 0xFE) else 0
        frames = cutter.cut(data[begin : begin + length]) if length and begin + length <= len(data) else []
        if not (length and frames):
            cutter.forget()
            at += 1
            continue
        found = decoder.decode(frames[0])
        if found is not None:
            yield Message(found[0], found[1], _STAMP.unpack_from(data, at)[0] / 1e6)
        at = begin + length
