"""Auxiliary functions that DO_AUX_FUNCTION may run: those ArduCopter 4.6.2 SITL took when each was tried."""

KNOWN: frozenset[int] = frozenset((
    *range(2, 6), 7, *range(9, 12), *range(13, 20), *range(21, 41), 42, *range(44, 47), 52, *range(55, 59),
    *range(60, 63), *range(65, 74), 75, 76, *range(78, 82), *range(83, 86), 90, *range(99, 107),
    *range(109, 114), *range(151, 155), 156, *range(158, 161), *range(162, 166), 171, 172, 177, 178, 180,
    *range(212, 220), *range(300, 308),
))  # fmt: skip
