"""Sequences that nobody recorded: a seed gives boot, ground and flight, put together at random."""

import random
from collections.abc import Callable
from importlib.resources import files

from conformance import missions as made
from conformance import wishes as w
from conformance.cases import Case, Step

COUNT = 50  # the sequences that are looked at while the copter is made
HELD_OUT = range(1000, 1020)  # seeds of those that are only counted
READY_S = 46.0
Steps = list[Step]
Part = Callable[[random.Random, float], Steps]


def sequence(seed: int) -> Case:
    """The case of a seed: 100 to 170 simulated seconds."""
    rng = random.Random(seed)
    params = {**airframe(), **_settings(rng)}
    steps = w.streams(0.0)
    at_s = 3.0
    while at_s < READY_S - 8.0:
        at_s = _add(steps, rng.choice(GROUND)(rng, at_s), rng.uniform(3.0, 14.0))
    at_s = max(at_s, READY_S)
    for _ in range(rng.randint(1, 3)):
        at_s = _add(steps, rng.choice(GROUND)(rng, at_s), rng.uniform(2.0, 4.0))
    at_s = _add(steps, rng.choice(STARTS)(rng, at_s), rng.uniform(9.0, 14.0))
    for _ in range(rng.randint(3, 6)):
        at_s = _add(steps, rng.choice(AIR)(rng, at_s), rng.uniform(3.0, 12.0))
    at_s = _add(steps, rng.choice(LAST)(rng, at_s), rng.uniform(15.0, 30.0))
    silent = ((at_s, at_s + 12.0),) if rng.random() < 0.2 else ()
    until_s = at_s + (20.0 if silent else 4.0)
    name = f"held out {seed}" if seed in HELD_OUT else f"unseen {seed:02d}"
    return Case(name, tuple(steps), round(until_s, 1), params, silent=silent)


def airframe() -> dict[str, float]:
    """The toolkit's airframe parameters."""
    text = files("sitl_configs").joinpath("skyshade-copter.parm").read_text(encoding="utf-8")
    lines = [line.split("#")[0].split() for line in text.splitlines()]
    return {words[0]: float(words[1]) for words in lines if len(words) == 2}


def _add(steps: Steps, more: Steps, pause_s: float) -> float:
    """Append; when the next part begins."""
    steps += more
    return round(max(step.at_s for step in more) + pause_s, 1)


_OPTIONS: dict[str, tuple[float, ...]] = {
    "CAM1_TYPE": (0, 1), "GRIP_ENABLE": (0, 1), "WINCH_TYPE": (0, 1), "MIS_RESTART": (0, 1),
    "AUTO_OPTIONS": (0, 1, 3), "RTL_ALT": (0, 1500, 3000), "FS_GCS_ENABLE": (0, 1, 5),
    "BATT_FS_LOW_ACT": (0, 1, 2), "BATT_LOW_VOLT": (10.5, 11.0), "FENCE_ACTION": (0, 1, 2, 4),
    "FENCE_ENABLE": (0, 1), "FENCE_ALT_MAX": (25, 60, 150), "WPNAV_SPEED": (500, 1000),
    "DISARM_DELAY": (0, 5),
    "SIM_WIND_SPD": (0, 4), "RTL_LOIT_TIME": (0, 3000), "TERRAIN_ENABLE": (0, 1), "LAND_SPEED": (30, 60),
    "WP_YAW_BEHAVIOR": (0, 2), "FS_THR_ENABLE": (0, 1, 3),
}  # fmt: skip


def _settings(rng: random.Random) -> dict[str, float]:
    names = rng.sample(sorted(_OPTIONS), rng.randint(3, 7))
    return {name: float(rng.choice(_OPTIONS[name])) for name in names}


# -- on the ground, at any time


def _arm(rng: random.Random, at_s: float) -> Steps:
    return [w.mode(at_s, rng.choice((0, 2, 3, 4, 5, 6, 9, 17))), w.command(at_s + 1, 400, 1)]


def _arm_and_disarm(rng: random.Random, at_s: float) -> Steps:
    chosen = rng.choice((w.GUIDED, w.STABILIZE, w.LOITER))
    wait_s = rng.choice((1.0, 3.0, 12.0))
    return [w.mode(at_s, chosen), w.command(at_s + 1, 400, 1), w.command(at_s + 1 + wait_s, 400, 0)]


def _odd_arm(rng: random.Random, at_s: float) -> Steps:
    return [
        w.command(at_s, 400, rng.choice((2, -1, 0.5))),
        w.command(at_s + 1, 400, 0, rng.choice((0, 21196))),
    ]


def _odd_command(rng: random.Random, at_s: float) -> Steps:
    number = rng.choice((9999, 401, 410, 512, 519, 252, 241, 16, 31000, 223, 84, 3000, 530, 2500, 208, 214))
    params = {512: (rng.choice((148, 242, 999)),), 519: (1,)}.get(number, ())
    return [w.command(at_s, number, *params)]


def _odd_mode(rng: random.Random, at_s: float) -> Steps:
    return [w.mode(at_s, rng.choice((99, 8, 11, 22, 14, 26))), w.mode(at_s + 1.5, rng.choice((0, 2, 5, 16)))]


def _mission(rng: random.Random, at_s: float) -> Steps:
    rows = made.mission(rng)
    steps = w.upload(at_s, rows)
    return steps + (w.download(at_s + 2, len(rows)) if rng.random() < 0.4 else [])


def _bad_mission(rng: random.Random, at_s: float) -> Steps:
    return [*w.upload(at_s, made.spoilt(rng, made.mission(rng))), *w.download(at_s + 11, 0)]


def _half_mission(rng: random.Random, at_s: float) -> Steps:
    rows = made.mission(rng)
    steps = w.upload(at_s, rows, sent=rng.randint(0, len(rows) - 2))
    late = [w.item(at_s + 3, rng.randint(0, 9), made.waypoint(rng))] if rng.random() < 0.5 else []
    return [*steps, *late, *w.download(at_s + 11, 0)]


def _counts(rng: random.Random, at_s: float) -> Steps:
    kind = rng.choice((w.MISSION, w.FENCE, w.RALLY))
    return [w.count(at_s, rng.choice((0, 800, 65535)), kind), *w.download(at_s + 2, 0, kind)]


def _strays(rng: random.Random, at_s: float) -> Steps:
    kind = rng.choice((w.MISSION, w.FENCE, w.RALLY))
    return [
        w.item(at_s, rng.randint(0, 5), made.waypoint(rng), kind),
        w.clear(at_s + 1, kind),
        *w.download(at_s + 2, 1, kind),
        w.set_current(at_s + 3, rng.randint(0, 9)),
        w.command(at_s + 4, 224, rng.choice((-1, 0, 1, 50)), rng.choice((0, 1))),
    ]


def _fence(rng: random.Random, at_s: float) -> Steps:
    rows = made.fence(rng)
    steps = w.upload(at_s, rows, w.FENCE)
    if rng.random() < 0.5:
        steps.append(w.command(at_s + 2, 207, rng.choice((0, 1, 1, 2, 5))))
    return steps + (w.download(at_s + 3, len(rows), w.FENCE) if rng.random() < 0.4 else [])


def _rally(rng: random.Random, at_s: float) -> Steps:
    rows = made.rally(rng)
    return [*w.upload(at_s, rows, w.RALLY), *w.download(at_s + 10, len(rows), w.RALLY)]


def _params(rng: random.Random, at_s: float) -> Steps:
    name = rng.choice(sorted(set(_OPTIONS) - {"FS_GCS_ENABLE", "TERRAIN_ENABLE"}))
    odd = rng.choice(("NO_SUCH_PARAM", "RTL_ALT", "WPNAV_SPEED", "MIS_TOTAL"))
    value = rng.choice(_OPTIONS[name])
    return [w.read_param(at_s, name), w.set_param(at_s + 1, name, value), w.read_param(at_s + 2, odd)]


def _payload(rng: random.Random, at_s: float) -> Steps:
    wishes = (
        (211, 1, rng.choice((0, 1, 2))), (42600, 1, rng.choice((0, 1, 2, 7)), rng.choice((1, 2)), 1),
        (183, rng.choice((0, 9, 12, 99)), 1500), (203, 0, 0, 0, 0, 1), (2000, 0, 0, 1), (206, 5, 0, 1),
        (205, -30, 0, 0, 0, 0, 0, 2), (2001,), (181, 0, 1), (1000, -45, 0, 0, 0), (532, 2, 50), (531, 1, 1),
    )  # fmt: skip
    chosen = rng.sample(wishes, 3)
    return [w.command(at_s + 1.5 * n, number, *params) for n, (number, *params) in enumerate(chosen)]


GROUND: tuple[Part, ...] = (
    _arm, _arm, _arm_and_disarm, _odd_arm, _odd_command, _odd_command, _odd_mode, _mission, _bad_mission,
    _half_mission, _counts, _strays, _fence, _rally, _params, _payload,
)  # fmt: skip


# -- taking off


def _start_guided(rng: random.Random, at_s: float) -> Steps:
    height = rng.choice((8, 15, 20))
    return [
        w.mode(at_s, w.GUIDED),
        w.command(at_s + 1, 400, 1),
        w.command(at_s + 2, 22, 0, 0, 0, 0, 0, 0, height),
    ]


def _start_auto(rng: random.Random, at_s: float) -> Steps:
    steps = w.upload(at_s, made.mission(rng))
    steps += [w.mode(at_s + 2, w.GUIDED), w.command(at_s + 3, 400, 1), w.mode(at_s + 4, w.AUTO)]
    return [*steps, w.command(at_s + 5, 300)]


def _start_mission_disarmed(rng: random.Random, at_s: float) -> Steps:
    steps = [*w.upload(at_s, made.mission(rng)), w.command(at_s + 2, 300), w.command(at_s + 3, 400, 1)]
    return [*steps, w.mode(at_s + 4, w.GUIDED), w.command(at_s + 5, 400, 1), w.command(at_s + 6, 300)]


STARTS: tuple[Part, ...] = (_start_guided, _start_auto, _start_auto, _start_auto, _start_mission_disarmed)


# -- in the air


def _change_mode(rng: random.Random, at_s: float) -> Steps:
    back = rng.choice((w.AUTO, w.GUIDED))
    return [
        w.mode(at_s, rng.choice((w.BRAKE, w.GUIDED, w.RTL, w.LAND))),
        w.mode(at_s + rng.choice((3, 6)), back),
    ]


def _pause(rng: random.Random, at_s: float) -> Steps:
    return [w.command(at_s, 193, 0), w.command(at_s + rng.choice((2, 5)), 193, rng.choice((1, 1, 1, 2)))]


def _speeds(rng: random.Random, at_s: float) -> Steps:
    kind = rng.choice((0, 1, 2, 3))
    return [w.command(at_s, 178, kind, rng.choice((0, -1, 2, 5, 100))), w.command(at_s + 4, 178, kind, 4)]


def _yaws(rng: random.Random, at_s: float) -> Steps:
    angle = rng.choice((0, 90, 400, -20))
    return [
        w.command(at_s, 115, angle, 30, rng.choice((-1, 0, 1)), rng.choice((0, 1))),
        w.command(at_s + 3, rng.choice((195, 201, 197)), 0, 0, 0, 0, 37.384, 127.117, 0),
    ]


def _guided(rng: random.Random, at_s: float) -> Steps:
    spot = (rng.uniform(-50, 50), rng.uniform(-50, 50), rng.choice((12.0, 20.0, 25.0)))
    target = w.go_to(at_s + 1, *spot)
    if rng.random() < 0.5:
        flags = (-1.0, float(rng.choice((0, 1))), 0.0, float("nan"))
        target = w.command_int(at_s + 1, 192, w.row(192, *spot, *flags))
    return [w.mode(at_s, w.GUIDED), target] if rng.random() < 0.7 else [target]


def _skip(rng: random.Random, at_s: float) -> Steps:
    seq = rng.choice((0, 1, 2, 3, 5, 30))
    if rng.random() < 0.5:
        return [w.set_current(at_s, seq)]
    return [w.command(at_s, 224, seq, rng.choice((0, 1)))]


def _arming(rng: random.Random, at_s: float) -> Steps:
    return [w.command(at_s, 400, rng.choice((0, 1))), w.command(at_s + 1, 22, 0, 0, 0, 0, 0, 0, 10)]


def _new_mission(rng: random.Random, at_s: float) -> Steps:
    return w.upload(at_s, made.mission(rng))


def _clear(rng: random.Random, at_s: float) -> Steps:
    kind = rng.choice((w.MISSION, w.MISSION, w.FENCE, w.RALLY))
    return [w.clear(at_s, kind) if rng.random() < 0.6 else w.count(at_s, 0, kind)]


def _battery(rng: random.Random, at_s: float) -> Steps:
    return [w.set_param(at_s, "SIM_BATT_VOLTAGE", 10.2), w.set_param(at_s + 16, "SIM_BATT_VOLTAGE", 12.6)]


def _radio(rng: random.Random, at_s: float) -> Steps:
    return [w.set_param(at_s, "SIM_RC_FAIL", 1), w.set_param(at_s + rng.choice((3, 7)), "SIM_RC_FAIL", 0)]


def _gps(rng: random.Random, at_s: float) -> Steps:
    return [
        w.set_param(at_s, "SIM_GPS_DISABLE", 1),
        w.set_param(at_s + rng.choice((4, 20)), "SIM_GPS_DISABLE", 0),
    ]


AIR: tuple[Part, ...] = (
    _change_mode, _change_mode, _pause, _pause, _speeds, _yaws, _guided, _guided, _skip, _skip, _arming,
    _new_mission, _clear, _battery, _radio, _gps, _payload, _fence, _rally, _bad_mission, _params,
    _odd_command, _odd_mode, _strays,
)  # fmt: skip


# -- coming down


def _home(rng: random.Random, at_s: float) -> Steps:
    return [w.mode(at_s, rng.choice((w.RTL, w.LAND)))]


def _home_by_command(rng: random.Random, at_s: float) -> Steps:
    return [w.command(at_s, rng.choice((20, 21)))]


def _fall(rng: random.Random, at_s: float) -> Steps:
    return [w.command(at_s, 400, 0), w.command(at_s + 2, 400, 0, 21196)]


LAST: tuple[Part, ...] = (_home, _home, _home_by_command, _fall)
