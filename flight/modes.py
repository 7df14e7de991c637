"""ArduCopter's flight modes by number (HEARTBEAT.custom_mode; mode.h of ArduCopter 4.6)."""

MODES = {
    0: "STABILIZE", 1: "ACRO", 2: "ALT_HOLD", 3: "AUTO", 4: "GUIDED", 5: "LOITER", 6: "RTL", 7: "CIRCLE",
    9: "LAND", 11: "DRIFT", 13: "SPORT", 14: "FLIP", 15: "AUTOTUNE", 16: "POSHOLD", 17: "BRAKE",
    18: "THROW", 19: "AVOID_ADSB", 20: "GUIDED_NOGPS", 21: "SMART_RTL", 22: "FLOWHOLD", 23: "FOLLOW",
    24: "ZIGZAG", 25: "SYSTEMID", 26: "AUTOROTATE", 27: "AUTO_RTL", 28: "TURTLE",
}  # fmt: skip
_NUMBERS = {name: number for number, name in MODES.items()}


def mode_name(number: int) -> str:
    """The mode's name; a number we do not know is shown as it is."""
    return MODES.get(number, f"mode {number}")


def mode_number(name: str) -> int:
    """The number of a named mode; raises `ValueError` on an unknown name."""
    if name not in _NUMBERS:
        raise ValueError(f"unknown mode {name!r}, known: {', '.join(sorted(_NUMBERS))}")
    return _NUMBERS[name]
