"""Mission transfers through the lossy relay, many at once: each worker has a vehicle and a relay of its own.

A transfer counts as right when a second, clean connection says the same. Results go into a file of one JSON
object a line as they come, and what stands there already is not run again. Nothing flies.
"""

import json
import multiprocessing
import queue
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from lossy_relay import Relay, Weather
from transfer_peers import nearly, peer_run
from transfer_values import CELLS, CLOCK, HOME, ITEMS, OURS, OURS_BARE, Job, Run

from core.errors import SkyshadeError
from core.geo import Altitude, Datum, LocalFrame
from flight.exchange import download, upload
from flight.link import Link, open_link
from flight.locations import Start
from flight.readback import compare
from flight.sitl import VehicleKind, start_vehicle
from flight.wire import Kind, WireItem, mission_to_wire
from missions.model import Command, Home, Mission, MissionItem


def mission(seed: int, items: int = ITEMS) -> Mission:
    """A mission that no other seed has, so that what an earlier run left is never taken for this one's."""
    frame, rng = LocalFrame(HOME), random.Random(seed)
    places = [frame.place(rng.uniform(-400, 400), rng.uniform(-400, 400)) for _ in range(items - 2)]
    legs = [MissionItem(Command.NAV_WAYPOINT, (0.0,) * 4, p, Altitude(30, Datum.HOME)) for p in places]
    takeoff = MissionItem(Command.NAV_TAKEOFF, altitude=Altitude(30, Datum.HOME))
    return Mission(Home(HOME, 40.0), (takeoff, *legs))


class Bench:
    """A vehicle on the ground, the relay to it, and the clean connection beside it."""

    def __init__(self, relay: Relay, side: Link, folder: Path) -> None:
        self.relay, self.side, self.folder = relay, side, folder
        self.held: int | None = None

    def run(self, job: Job) -> Run:
        items = mission_to_wire(mission(job.seed))
        if job.way == "download" and self.held != job.seed:
            upload(self.side, Kind.MISSION, items, CLOCK)
        weather = replace(CELLS[job.cell], seed=job.seed)
        run = self._ours(job, items, weather) if job.client in (OURS, OURS_BARE) else None
        if run is None:
            run = peer_run(self.relay, job, items, weather, self.folder)
        run = replace(
            run, up_frames=self.relay.up.frames, up_bytes=self.relay.up.size, down_bytes=self.relay.down.size
        )
        self.relay.set(Weather(), 9)  # nobody listens
        self.held = job.seed
        if job.way == "download":
            return run
        ours = job.client in (OURS, OURS_BARE)
        right = compare(items, self.clean()).same if ours else nearly(items, self.clean())
        return replace(run, right=right)

    def clean(self) -> tuple[WireItem, ...]:
        """What the vehicle holds, asked beside the relay."""
        while self.side.receive(0.0001) is not None:
            pass
        return download(self.side, Kind.MISSION, CLOCK)

    def _ours(self, job: Job, items: Sequence[WireItem], weather: Weather) -> Run:
        self.relay.set(weather)
        with open_link(self.relay.address, CLOCK) as link:
            link.wait_vehicle(30.0)
            if job.way == "download":
                return _our_download(link, job, items)
            return _our_upload(link, job, items)


def _our_upload(link: Link, job: Job, items: Sequence[WireItem]) -> Run:
    began_s = last_s = CLOCK.monotonic_s()
    trouble = ""

    def told(_done: int, _total: int) -> None:
        nonlocal last_s
        last_s = CLOCK.monotonic_s()

    try:
        upload(link, Kind.MISSION, items, CLOCK, on_progress=told, keep_old=job.client == OURS)
    except SkyshadeError as error:
        trouble = str(error)
    whole_s = CLOCK.monotonic_s() - began_s
    return Run(**asdict(job), claimed=not trouble, right=False, whole_s=whole_s,
               sent_s=last_s - began_s, trouble=trouble)  # fmt: skip


def _our_download(link: Link, job: Job, items: Sequence[WireItem]) -> Run:
    began_s = CLOCK.monotonic_s()
    held: Sequence[WireItem] = ()
    trouble = ""
    try:
        held = download(link, Kind.MISSION, CLOCK)
    except SkyshadeError as error:
        trouble = str(error)
    whole_s = CLOCK.monotonic_s() - began_s
    right = compare(items, held).same
    return Run(**asdict(job), claimed=not trouble, right=right, whole_s=whole_s, trouble=trouble)


def work(kind: VehicleKind, instance: int, folder: Path, jobs: Any, results: Any) -> None:
    """A worker process: jobs until None."""
    with start_vehicle(kind, home=Start(HOME, 40.0), instance=instance) as vehicle:
        port = int(vehicle.address.rpartition(":")[2])
        with Relay(port) as relay, open_link(vehicle.side_address, CLOCK, patience_s=10.0) as side:
            side.wait_vehicle(30.0)
            upload(side, Kind.MISSION, mission_to_wire(mission(0, 5)), CLOCK)
            bench = Bench(relay, side, folder)
            while (job := jobs.get()) is not None:
                results.put(bench.run(job))


def run_all(jobs: Sequence[Job], kind: VehicleKind, instances: Sequence[int], folder: Path) -> Iterator[Run]:
    """Each job's run as it comes; a worker that dies ends it all."""
    context = multiprocessing.get_context("spawn")
    todo, done = context.Queue(), context.Queue()
    for job in [*jobs, *[None] * len(instances)]:
        todo.put(job)
    workers = [context.Process(target=work, args=(kind, i, folder, todo, done)) for i in instances]
    for worker in workers:
        worker.start()
    left = len(jobs)
    try:
        while left:
            try:
                yield done.get(timeout=1.0)
                left -= 1
            except queue.Empty:
                if any(worker.exitcode for worker in workers):
                    raise RuntimeError("a worker ended early") from None
    finally:
        for worker in workers:
            worker.join(10.0)
            worker.terminate()


def read_runs(path: Path) -> list[Run]:
    """What an earlier call has measured."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [Run(**json.loads(line)) for line in lines]


def measure(
    jobs: Iterable[Job], path: Path, kind: VehicleKind, instances: Sequence[int]
) -> Iterator[list[Run]]:
    """Run what `path` does not hold yet; all runs so far, after each one."""
    runs = read_runs(path)
    known = {run.job for run in runs}
    wanted = [job for job in jobs if job not in known]
    yield runs
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as store:
        for run in run_all(wanted, kind, instances[: max(1, len(wanted))], path.parent):
            runs.append(run)
            store.write(json.dumps(asdict(run), ensure_ascii=False) + "\n")
            store.flush()
            yield runs
