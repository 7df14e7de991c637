"""The shortest flight: up, wait, and down again."""

from flight.wire import Frame, WireItem
from skyshade.day.sortie import Pack, Sortie

HOME = (37.37, 127.11, 30.0)
BEGIN_S = 1_781_320_000.0
FULL = Pack(2000.0)


def up_and_down(seed=0, wind=((0.0, 2.0, 270.0),), faults=(), pack=FULL):
    """A sortie of some forty seconds."""
    e7 = {"x": round(HOME[0] * 1e7), "y": round(HOME[1] * 1e7)}
    home = WireItem(0, Frame.GLOBAL, 16, z=HOME[2], **e7)
    up = WireItem(1, Frame.GLOBAL_RELATIVE_ALT, 22, z=12.0, **e7)
    wait = WireItem(2, Frame.GLOBAL_RELATIVE_ALT, 19, (8.0, 0.0, 0.0, 0.0), z=12.0, **e7)
    down = WireItem(3, Frame.GLOBAL_RELATIVE_ALT, 21, **e7)
    return Sortie((home, up, wait, down), *HOME, BEGIN_S, wind, pack, seed, faults)
