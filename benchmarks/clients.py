"""Clients that nobody here wrote fly a mission: MAVSDK 4.1 and MAVProxy, on both simulated vehicles.

Each connects, uploads, arms, starts and follows by its own means; what is told of the vehicle comes from a
second connection of ours. MAVSDK is a package (`pip install mavsdk`), MAVProxy a program of .venv-bench.
ArduPilot where SKYSHADE_ARDUCOPTER names it.

Usage: python benchmarks/clients.py [SPEEDUP]
"""

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.clock import RealClock
from core.errors import SkyshadeError
from core.geo import Altitude, Datum, LocalFrame, LonLat, distance_m
from flight.exchange import download
from flight.link import open_link
from flight.locations import Start
from flight.readback import compare
from flight.sitl import RunningVehicle, VehicleKind, start_vehicle
from flight.vehicle import Vehicle
from flight.wire import Kind, WireItem, mission_to_wire
from missions.formats import waypoints
from missions.model import Command, Home, Mission, MissionItem

HOME = LonLat(127.11, 37.37)
CLOCK = RealClock()
PATIENCE_S = 120.0
MAVPROXY = Path(__file__).resolve().parents[1] / ".venv-bench" / "bin"
HEADS = (
    "client",
    "vehicle",
    "uploaded as sent",
    "armed",
    "items flown",
    "highest m",
    "followed by it",
    "landed",
)


class GivenUpError(Exception):
    """A client did not get on."""


@dataclass(slots=True)
class Seen:
    """What our own connection saw of the flight, and what the client itself followed."""

    uploaded: str = "no"
    armed: bool = False
    landed: bool = False
    highest_m: float = 0.0
    items: set[int] = field(default_factory=set)
    followed: str = "-"
    trouble: str = ""


def mission() -> Mission:
    frame = LocalFrame(HOME)
    legs = [
        MissionItem(Command.NAV_WAYPOINT, (0.0,) * 4, frame.place(east, north), Altitude(up, Datum.HOME))
        for east, north, up in ((0, 40, 12), (30, 40, 15), (30, 0, 12))
    ]
    climb = MissionItem(Command.NAV_TAKEOFF, altitude=Altitude(12, Datum.HOME))
    return Mission(Home(HOME, 40.0), (climb, *legs, MissionItem(Command.NAV_RETURN_TO_LAUNCH)))


def until(met: Callable[[], bool], what: str, patience_s: float = PATIENCE_S) -> None:
    ends_s = CLOCK.monotonic_s() + patience_s
    while not met():
        if CLOCK.monotonic_s() > ends_s:
            raise GivenUpError(what)
        CLOCK.sleep(0.1)


@contextlib.contextmanager
def watching(vehicle: RunningVehicle, seen: Seen) -> Iterator[None]:
    """Our own eyes on the vehicle's second port, while the client flies it."""
    done = threading.Event()

    def watch() -> None:
        with (
            contextlib.suppress(SkyshadeError),
            open_link(vehicle.side_address, CLOCK, patience_s=30) as link,
        ):
            copter = Vehicle(link, CLOCK)
            copter.connect()
            while not done.is_set():
                copter.pump(0.1)
                state = copter.state
                seen.landed = seen.armed and state.armed is False
                seen.armed = seen.armed or bool(state.armed)
                seen.highest_m = max(seen.highest_m, state.altitude_home_m or 0.0)
                if state.armed and state.mode == "AUTO" and state.mission_seq:
                    seen.items.add(state.mission_seq)

    eyes = threading.Thread(target=watch)
    eyes.start()
    try:
        yield
    finally:
        done.set()
        eyes.join()


def held_as_sent(vehicle: RunningVehicle) -> str:
    """What the vehicle holds beside the plan, read by our own connection."""
    wanted = mission_to_wire(mission())
    with open_link(vehicle.side_address, CLOCK, patience_s=30) as link:
        link.wait_vehicle(30.0)
        held = download(link, Kind.MISSION, CLOCK)
    if [i.command for i in held[1:]] != [i.command for i in wanted[1:]]:
        return "no"
    pairs = [(w.position, h.position) for w, h in zip(wanted[1:], held[1:], strict=True)]
    off_m = max(distance_m(w, h) for w, h in pairs if w is not None and h is not None)
    if off_m > 0.0:
        return f"{off_m * 100:.0f} cm off"
    return "yes" if compare(wanted, held).same else "no"


def fly_mavsdk(vehicle: RunningVehicle, seen: Seen) -> None:
    import mavsdk
    from mavsdk.plugins.action.action import Action
    from mavsdk.plugins.mission_raw.mission_raw import MissionRaw
    from mavsdk.plugins.telemetry.telemetry import Telemetry

    station = mavsdk.Configuration.create_with_component_type(mavsdk.ComponentType.GROUND_STATION)
    with contextlib.closing(Closed(mavsdk.Mavsdk(station))) as closed:
        closed.sdk.add_any_connection(vehicle.address.replace("tcp:", "tcpout://"))
        system = closed.sdk.first_autopilot(30.0)
        if system is None:
            raise GivenUpError("no vehicle found")
        telemetry, missions, action = Telemetry(system), MissionRaw(system), Action(system)
        heights: list[float] = []
        telemetry.subscribe_position(lambda place, _: heights.append(place.relative_altitude_m))

        def works(request: Callable[..., Any], *given: Any) -> bool:
            with contextlib.suppress(mavsdk.MavsdkError):
                request(*given)
                return True
            return False

        until(lambda: works(telemetry.set_rate_position, 5.0), "no rate was set")
        items = [in_their_words(item) for item in mission_to_wire(mission())]
        until(lambda: works(missions.upload_mission, items), "no upload succeeded", 30)
        with watching(vehicle, seen):
            until(lambda: works(action.arm) and works(missions.start_mission), "not started")
            until(lambda: max(heights, default=0.0) > 5.0, "not in the air")
            until(lambda: not telemetry.armed(), "not landed")
            seen.followed = f"{max(heights):.1f} m"
            until(lambda: seen.landed, "our side saw no landing", 10)
        seen.uploaded = held_as_sent(vehicle)


@dataclass(frozen=True, slots=True)
class Closed:
    """MAVSDK with a `close`."""

    sdk: Any

    def close(self) -> None:
        self.sdk.destroy()


def in_their_words(item: WireItem) -> Any:
    from mavsdk.plugins.mission_raw.mission_raw import MissionItem as Theirs

    p1, p2, p3, p4 = item.params
    return Theirs(
        seq=item.seq, frame=item.frame, command=item.command, current=int(item.seq == 0), autocontinue=1,
        param1=p1, param2=p2, param3=p3, param4=p4, x=item.x, y=item.y, z=item.z,
    )  # fmt: skip


class Console:
    """MAVProxy without a screen: words go in, what it prints is searched."""

    def __init__(self, address: str, folder: Path) -> None:
        self.heard = ""
        self._from = 0
        self._process = subprocess.Popen(
            [MAVPROXY / "python", MAVPROXY / "mavproxy.py", f"--master={address}", "--nowait",
             f"--state-basedir={folder}"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder,
        )  # fmt: skip
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for line in self._process.stdout or ():
            self.heard += line

    def say(self, words: str) -> None:
        self._from = len(self.heard)
        if self._process.stdin is not None:
            self._process.stdin.write(words + "\n")
            self._process.stdin.flush()

    def answers(self, pattern: str, patience_s: float = 5.0) -> bool:
        """Whether something fitting is printed since the last words."""
        with contextlib.suppress(GivenUpError):
            until(lambda: re.search(pattern, self.heard[self._from :]) is not None, pattern, patience_s)
            return True
        return False

    def close(self) -> None:
        self._process.kill()  # it keeps nothing, and takes its time to be asked
        self._process.wait()


def fly_mavproxy(vehicle: RunningVehicle, seen: Seen) -> None:
    with tempfile.TemporaryDirectory() as folder:
        plan = Path(folder) / "plan.waypoints"
        waypoints.write(mission(), plan)
        with contextlib.closing(Console(vehicle.address, Path(folder))) as console:
            if not console.answers("online system 1", 30):
                raise GivenUpError("no vehicle found")

            def works(words: str, pattern: str) -> bool:
                console.say(words)
                return console.answers(pattern)

            until(lambda: works(f"wp load {plan}", "TYPE_MISSION: ACCEPTED"), "no upload succeeded", 60)
            with watching(vehicle, seen):
                until(lambda: all(works(*step) for step in STEPS), "not started")
                if not console.answers("DISARMED", PATIENCE_S):
                    raise GivenUpError("not landed")
                told = [int(n) for n in re.findall(r"waypoint (\d+)", console.heard)]
                seen.followed = f"item {max(told, default=0)}"
                until(lambda: seen.landed, "our side saw no landing", 10)
            seen.uploaded = held_as_sent(vehicle)


# Words, and what MAVProxy prints when they have worked; from the start again until all have.
STEPS = (
    ("mode GUIDED", "DO_SET_MODE: ACCEPTED"),
    ("arm throttle", r"\bARMED"),
    ("mode AUTO", "DO_SET_MODE: ACCEPTED"),
    ("long MISSION_START", "Mission: 2 WP"),
)
CLIENTS: dict[str, Callable[[RunningVehicle, Seen], None]] = {"MAVSDK": fly_mavsdk, "MAVProxy": fly_mavproxy}


def row(client: str, kind: VehicleKind, speedup: float) -> str:
    seen = Seen()
    with start_vehicle(kind, home=Start(HOME, 40.0), speedup=speedup, instance=56) as vehicle:
        try:
            CLIENTS[client](vehicle, seen)
        except (GivenUpError, SkyshadeError, ImportError, OSError) as error:
            seen.trouble = str(error) or type(error).__name__
    yes = {True: "yes", False: "no"}
    cells = [
        client, kind, seen.uploaded, yes[seen.armed], f"{len(seen.items)} of {len(mission().items)}",
        f"{seen.highest_m:.1f}", seen.followed, f"{yes[seen.landed]} {seen.trouble}".strip(),
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def main() -> None:
    speedup = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    kinds: list[VehicleKind] = ["embedded"]
    if os.environ.get("SKYSHADE_ARDUCOPTER"):
        kinds.append("ardupilot")
    print(f"| {' | '.join(HEADS)} |\n|{'---|' * len(HEADS)}")
    for client in CLIENTS:
        for kind in kinds:
            print(row(client, kind, speedup), flush=True)


if __name__ == "__main__":
    main()
