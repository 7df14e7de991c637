"""The delivery service killed (SIGKILL) again and again at seeded random moments with aircraft in the air.

Embedded copters run as processes of their own and fly on; who counts their releases listens to them on a
connection of its own. At the end no order is lost and none was dropped twice. Exit status 1 otherwise.

Usage: python benchmarks/service_kills.py [KILLS] [SEED] [STORE], by default in a SQLite file of its own.
"""

import contextlib
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from service_program import CONDITIONS, NOON_S, FastClock

from core.geo import LocalFrame, LonLat
from delivery.flights import Flight, FlightState
from delivery.model import Battery, Craft, Hours, Item, Order, OrderState, Place, Release
from delivery.service import set_things
from delivery.store import open_store
from delivery.world import World
from flight.locations import Start
from flight.sitl import start_vehicle
from skyshade.web.keys import Role, new_ring, write_keys

HERE = Path(__file__).parent
DEPOT = LonLat(127.1110, 37.3700)
FRAME = LocalFrame(DEPOT)
SPEEDUP, PATIENCE_S = 10.0, 150.0
BETWEEN_S, ORDER_EVERY_S = (0.2, 10.0), 4.0
AIRCRAFT, BATTERIES = 5, 20  # which charge within minutes: the kills are what is looked at
WHOLE = 0.8  # of the kills: once it listens and somebody flies; the others at any moment of its start
UP_S = 20.0
SAID = b"Gripper load released"
FINAL = {OrderState.CLOSED, OrderState.REFUSED, OrderState.CANCELLED, OrderState.FAILED}
DAY = Hours(0, 1440)


@dataclass(slots=True)
class Ear:
    """Hears a copter let go, whoever commands it: the wall's second of each time."""

    address: str
    heard_s: list[float] = field(default_factory=list)

    def listen(self) -> None:
        host, port = self.address.removeprefix("tcp:").split(":")
        with contextlib.suppress(OSError), socket.create_connection((host, int(port))) as line:
            tail = b""
            while got := line.recv(65536):
                tail += got
                while SAID in tail:
                    self.heard_s.append(time.time())
                    tail = tail.partition(SAID)[2]
                tail = tail[-len(SAID) :]


@dataclass(slots=True)
class Service:
    """The service's program, killed and started again on one port."""

    folder: Path
    where: str
    port: int
    words: list[str]
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        command = [sys.executable, str(HERE / "service_program.py"), *self.words]
        with (self.folder / "service.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=_environment())

    def wait(self) -> None:
        """Until it listens."""
        until_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1.0):
                return
            time.sleep(0.1)

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE.parent), str(HERE)])}


@dataclass(slots=True)
class Customers:
    """Orders, asked again with the same key until they are answered; `answers` by key."""

    port: int
    key: str
    points: list[str]
    draw: random.Random
    answers: dict[str, str] = field(default_factory=dict)
    repeated: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        number = 0
        while not self.ended.is_set():
            self._order(f"kills-order-{number:08d}")
            number += 1
            self.ended.wait(self.draw.uniform(0.5, 1.5) * ORDER_EVERY_S)

    def _order(self, key: str) -> None:
        wish = {"point": self.draw.choice(self.points), "lines": [{"item": "coffee", "count": 1}]}
        while key not in self.answers:
            try:
                self._ask(json.dumps(wish), key)
            except (OSError, ValueError, http.client.HTTPException):
                self.repeated += 1
                time.sleep(0.3)

    def _ask(self, wish: str, key: str) -> None:
        headers = {"X-API-Key": self.key, "Idempotency-Key": key, "Content-Type": "application/json"}
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20.0)
        with contextlib.closing(line):
            line.request("POST", "/api/v1/orders", wish, headers)
            answer = line.getresponse()
            said = answer.read()
        if answer.status not in {200, 201}:
            raise ValueError(f"{answer.status}: {said.decode()}")
        self.answers[key] = str(json.loads(said)["id"])


def set_up(folder: Path, where: str, clock: FastClock, aircraft: list[str]) -> tuple[str, list[str]]:
    """A store with a depot, points and aircraft; an operator's key and the points."""
    ring, key = new_ring().with_new("desk", Role.OPERATOR)
    write_keys(folder / "keys.json", ring)
    pads = tuple(FRAME.place(25.0 * n, 0.0) for n in range(len(aircraft)))
    depot = Place("depot", "거점", DEPOT, kind="depot", elevation_m=30.0, hours=DAY, pads=pads)
    spots = [
        ((220.0, 180.0), Release.GRIPPER),
        ((-240.0, 160.0), Release.GRIPPER),
        ((60.0, -260.0), Release.LANDING),
        ((-180.0, -220.0), Release.GRIPPER),
        ((300.0, -120.0), Release.GRIPPER),
    ]
    points = [
        Place(f"p{n}", f"자리 {n}", FRAME.place(*spot), elevation_m=30.0, hours=DAY, release=how)
        for n, (spot, how) in enumerate(spots)
    ]
    fleet = [Craft(name, "hexa-delivery", "depot", pad=n) for n, name in enumerate(aircraft)]
    stock = [
        Battery(f"B{n}", "hexa-delivery", "depot", at_s=clock.utc_s(), charging=True, per_hour=20.0)
        for n in range(BATTERIES)
    ]
    with open_store(where, create=True) as store:
        set_things(store, [Item("coffee", "커피", 0.4), depot, *points, *fleet, *stock], clock)
    return key, [p.id for p in points]


def world_of(where: str) -> World:
    with open_store(where) as store:
        return store.world()


def flying(world: World) -> list[Flight]:
    return [f for f in world.active_flights() if f.state is FlightState.FLYING]


def some_in_the_air(where: str) -> None:
    """Wait until somebody flies, but not for ever."""
    until_s = time.monotonic() + UP_S
    while time.monotonic() < until_s and not flying(world_of(where)):
        time.sleep(0.5)


def kill_again(service: Service, kills: int, draw: random.Random) -> tuple[int, int]:
    """Kill and start it; how often flights were in the air then, and how many."""
    with_flights = in_the_air = 0
    for n in range(kills):
        if draw.random() < WHOLE:
            service.wait()
            some_in_the_air(service.where)
        time.sleep(draw.uniform(*BETWEEN_S))
        service.kill()
        up = len(flying(world_of(service.where)))
        with_flights, in_the_air = with_flights + bool(up), in_the_air + up
        print(f"kill {n + 1}: {up} in the air", file=sys.stderr)
        service.start()
    return with_flights, in_the_air


def settle(where: str) -> None:
    """Wait until every order has come to its end."""
    until_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < until_s and any(o.state not in FINAL for o in world_of(where).orders.values()):
        time.sleep(1.0)


def dropped(world: World, ears: dict[str, Ear], clock: FastClock) -> dict[str, int]:
    """Releases by flight, given to the flight that its aircraft was on; "-" for those of none."""
    found: dict[str, int] = {}
    for craft, ear in ears.items():
        flights = [f for f in world.flights.values() if f.aircraft == craft and f.started_s is not None]
        for heard_s in ear.heard_s:
            at_s = NOON_S + (heard_s - clock.begun_s) * clock.speedup
            begun = [f for f in flights if (f.started_s or 0.0) <= at_s]
            name = max(begun, key=lambda f: f.started_s or 0.0).id if begun else "-"
            found[name] = found.get(name, 0) + 1
    return found


def judge(where: str, customers: Customers, ears: dict[str, Ear], clock: FastClock) -> dict[str, list[str]]:
    """What must not be, by name."""
    with open_store(where) as store:
        world, events, differences = store.world(), store.events(), store.check()
    drops = dropped(world, ears, clock)
    aboard: dict[str, set[str]] = {}
    for event in events:
        if event.kind == "order.flying":
            aboard.setdefault(event.subject, set()).add(str(event.data["flight"]))
    times = {o.id: sum(drops.get(f, 0) for f in aboard.get(o.id, ())) for o in world.orders.values()}
    return {
        "orders lost": [k for k, name in customers.answers.items() if name not in world.orders]
        + [o.id for o in world.orders.values() if o.state not in FINAL],
        "orders twice": [o.id for o in world.orders.values() if _same(o, world) > 1],
        "dropped twice": [name for name, count in times.items() if count > 1],
        "dropped by no flight": ["-"] * drops.get("-", 0),
        "closed without a release": [
            o.id for o in world.orders.values() if o.state is OrderState.CLOSED and times[o.id] != 1
        ],
        "flights never ended": [f.id for f in world.active_flights()],
        "replay differs": list(differences),
    }


def _same(order: Order, world: World) -> int:
    return sum(o.key == order.key for o in world.orders.values())


@contextlib.contextmanager
def copters(folder: Path, names: list[str]) -> Iterator[dict[str, Ear]]:
    """Embedded copters on the depot's pads, each with somebody who listens."""
    with contextlib.ExitStack() as stack:
        ears = {}
        for n, name in enumerate(names):
            home = Start(FRAME.place(25.0 * n, 0.0), 30.0)
            running = stack.enter_context(
                start_vehicle(home=home, speedup=SPEEDUP, seed=n, work_dir=folder / name)
            )
            ears[name] = Ear(running.address)
            threading.Thread(target=ears[name].listen, daemon=True).start()
        yield ears


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def measure(folder: Path, where: str, kills: int, seed: int) -> bool:
    assert CONDITIONS.prepare_s > 0
    names = [f"H{n}" for n in range(1, AIRCRAFT + 1)]
    draw, clock = random.Random(seed), FastClock(time.time(), SPEEDUP)
    key, points = set_up(folder, where, clock, names)
    with copters(folder, names) as ears:
        port = free_port()
        pairs = [f"{name}={ear.address}" for name, ear in ears.items()]
        words = [str(folder), where, str(port), repr(clock.begun_s), str(SPEEDUP), *pairs]
        service = Service(folder, where, port, words)
        customers = Customers(port, key, points, random.Random(seed + 1))
        service.start()
        asking = threading.Thread(target=customers.run, daemon=True)
        asking.start()
        try:
            while not flying(world_of(where)):  # the first kills find somebody in the air
                time.sleep(0.5)
            killed = kill_again(service, kills, draw)
            customers.ended.set()
            asking.join(60.0)
            settle(where)
        finally:
            service.kill()
        bad = judge(where, customers, ears, clock)
        tell(world_of(where), bad, kills, killed, customers, ears)
    return not any(bad.values())


def tell(
    world: World,
    bad: dict[str, list[str]],
    kills: int,
    killed: tuple[int, int],
    customers: Customers,
    ears: dict[str, Ear],
) -> None:
    states = [o.state.value for o in world.orders.values()]
    rows = {
        "kills": kills,
        "with flights in the air": f"{killed[0]} ({killed[1]} flights)",
        "orders answered": len(customers.answers),
        "requests asked again": customers.repeated,
        "orders by end": ", ".join(f"{s} {states.count(s)}" for s in sorted(set(states))),
        "flights": len([f for f in world.flights.values() if f.started_s is not None]),
        "releases heard from the copters": sum(len(e.heard_s) for e in ears.values()),
        "orders that know of theirs": sum(o.released_at_s is not None for o in world.orders.values()),
    }
    print("| | |\n|---|---|")
    for name, value in rows.items():
        print(f"| {name} | {value} |")
    for name, found in bad.items():
        print(f"| {name} | {len(found)} {' '.join(found[:8])} |")
    for order in world.orders.values():
        if order.state is OrderState.FAILED:
            print(f"{order.id} failed: {'; '.join(order.reasons)}", file=sys.stderr)


if __name__ == "__main__":
    count, seed, chosen = (*sys.argv[1:], *("50", "1", "")[len(sys.argv) - 1 :])
    with tempfile.TemporaryDirectory(prefix="kills ") as made:
        good = measure(Path(made), chosen or f"{made}/day.db", int(count), int(seed))
    sys.exit(0 if good else 1)
