"""Mutated MAVLink messages at the embedded copter: does it stay up, and stay somewhere?

Usage: python benchmarks/embedded_fuzz.py [MESSAGES]. Right frames of every message the copter listens to have
bytes of their payload changed; each is parsed and handled, the vehicle flies on, every answer is packed.
"""

import math
import random
import sys
import time
from collections import Counter
from pathlib import Path

from odd_messages import Odd, framed, mutated

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from flight.simulator.copter import Copter  # noqa: E402 - the path comes first
from flight.simulator.messages import mavlink  # noqa: E402 - the path comes first
from flight.simulator.params import default_params  # noqa: E402 - the path comes first
from flight.simulator.vehicle import Setup  # noqa: E402 - the path comes first

FITTED = ("CAM1_TYPE", "GRIP_ENABLE", "WINCH_TYPE", "FENCE_ENABLE")
A_COPTER = 20_000  # messages until a fresh one is taken, ready to be armed
CHECKED_EVERY = 100


def main() -> int:
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    seen: Counter[str] = Counter()
    start, done = time.perf_counter(), 0
    while done < wanted:
        some = min(A_COPTER, wanted - done)
        attack(done // A_COPTER, some, seen)
        done += some
    taken = time.perf_counter() - start
    print("| messages | kinds | answers | crashes | messages/s |\n|---|---|---|---|---|")
    kinds = len([name for name in seen if name != "answers"])
    print(f"| {done} | {kinds} | {seen['answers']} | 0 | {done / taken:.0f} |")
    return 0


def attack(seed: int, messages: int, seen: Counter[str]) -> None:
    """One copter's share; an exception is a finding, with the frame that brought it."""
    params = default_params()
    for name in FITTED:
        params.set(name, 1.0)
    copter = Copter(Setup(37.3838, 127.1165, 30.0, seed=seed, ready_s=0.0), params)
    copter.join(0)
    copter.telemetry.request_stream(0, 0, 4.0)
    rng, parser = random.Random(seed), mavlink.MAVLink(None)
    parser.robust_parsing = True
    frames = templates(copter, seed)
    for number in range(messages):
        frame = mutated(rng, rng.choice(frames))
        try:
            handled(copter, parser, frame, rng, seen)
            if number % CHECKED_EVERY == 0:
                sane(copter, seen)
        except Exception as error:
            error.add_note(f"seed {seed}, message {number}: {frame.hex()}")
            raise


def handled(
    copter: Copter, parser: mavlink.MAVLink, frame: bytes, rng: random.Random, seen: Counter[str]
) -> None:
    for message in parser.parse_buffer(frame) or ():
        seen[message.get_type()] += 1
        copter.handle(message)
    for _ in range(rng.choice((0, 0, 1, 2))):
        copter.step()


def sane(copter: Copter, seen: Counter[str]) -> None:
    """Answers can be sent, and the vehicle is somewhere."""
    link = mavlink.MAVLink(None, srcSystem=1, srcComponent=1)
    for outgoing in copter.take():
        seen["answers"] += 1
        outgoing.message.pack(link)
    air = copter.vehicle.air
    numbers = (abs(air.position), abs(air.velocity), air.height_m, air.climb_ms, air.yaw_rad)
    if not all(math.isfinite(number) for number in numbers):
        raise ValueError(f"the vehicle is nowhere: {numbers}")


def templates(copter: Copter, seed: int) -> list[bytes]:
    """Right frames of all kinds that are listened to; those that matter most several times."""
    odd = Odd(seed, tuple(copter.commands.table))
    link = mavlink.MAVLink(None, srcSystem=255, srcComponent=190)
    frames = []
    for name in copter.inbox.table:
        number = getattr(mavlink, f"MAVLINK_MSG_ID_{name}")
        frames.append(framed(number, to_us(number)))
    made = [odd.long() for _ in range(200)] + [odd.whole_command() for _ in range(200)]
    made += [odd.item(seq, kind) for seq in range(20) for kind in (0, 0, 1, 2)]
    made += [mavlink.MAVLink_mission_count_message(1, 1, 4, kind) for kind in (0, 1, 2) for _ in range(10)]
    names = odd.rng.sample(list(copter.params.table), 200)
    made += [mavlink.MAVLink_param_set_message(1, 1, name.encode(), odd.number(), 9) for name in names]
    return frames + [message.pack(link) for message in made]


def to_us(number: int) -> bytes:
    """A payload of zeros whose targets are the copter."""
    kind = mavlink.mavlink_map[number]
    zero = bytearray(kind.unpacker.size)
    if "target_system" in kind.fieldnames:
        order, offset = kind.ordered_fieldnames, 0
        sizes = {"d": 8, "q": 8, "Q": 8, "f": 4, "i": 4, "I": 4, "h": 2, "H": 2}
        for code, name in zip(codes(kind.unpacker.format), order, strict=True):
            if name == "target_system":
                zero[offset] = 1
            count, letter = code
            offset += count * sizes.get(letter, 1)
    return bytes(zero)


def codes(form: str | bytes) -> list[tuple[int, str]]:
    """(count, letter) of each field of a struct format."""
    text = form.decode() if isinstance(form, bytes) else form
    found, digits = [], ""
    for letter in text.lstrip("<"):
        if letter.isdigit():
            digits += letter
        else:
            found.append((int(digits or 1), letter))
            digits = ""
    return found


if __name__ == "__main__":
    sys.exit(main())
