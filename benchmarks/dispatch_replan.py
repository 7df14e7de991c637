"""Orders answered and planned anew: seconds for an answer, for planning 200 orders anew, promises kept.

A made park: 3 depots, 8 aircraft, 24 batteries, 20 points. First a day of orders whose flights fly as planned
(every pair of flights' volumes is tried against each other), then 200 orders at once, planned anew after one
aircraft came back.

Usage: python benchmarks/dispatch_replan.py [--orders 300 --seed 0]
"""

import argparse
import dataclasses
import random
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from fakes.delivering import NOON
from fakes.delivery_day import DAY, FRAME, ITEMS, Park, conflicts, depot

from delivery.model import Battery, Craft, OrderState, Place, Priority
from delivery.moving import Desired
from delivery.replan import replan
from delivery.request import Request
from delivery.service import set_things
from delivery.store import open_store

HOURS = 6.0
PROMISED = {OrderState.ACCEPTED, OrderState.CLOSED, OrderState.FLYING, OrderState.RELEASED}


def things(rng: random.Random) -> list[object]:
    depots = [depot(n, *xy) for n, xy in enumerate([(0.0, 0.0), (1500.0, 1500.0), (-1500.0, 2500.0)])]
    where = [(rng.uniform(-2500, 2500), rng.uniform(-1000, 3500)) for _ in range(20)]
    points = [Place(f"p{n}", f"지점 {n}", FRAME.place(*xy), elevation_m=30.0) for n, xy in enumerate(where)]
    fleet = [Craft(f"H{n}", "hexa-delivery", f"d{n % 3}", pad=n // 3) for n in range(8)]
    shelf = [Battery(f"B{n}", "hexa-delivery", f"d{n % 3}", charging=True, at_s=NOON) for n in range(24)]
    return [*ITEMS, *depots, *points, *fleet, *shelf]


def a_day(orders: int, seed: int, folder: Path) -> list[str]:
    """From 9:00 on; every tenth order is urgent."""
    rng = random.Random(seed)
    with open_store(folder / "day.db", create=True) as store:
        park = Park(store)
        park.clock.epoch_s = NOON - 3 * 3600.0
        park.open(things(rng))
        arrivals = np.diff(sorted(rng.uniform(0.0, HOURS * 3600.0) for _ in range(orders)), prepend=0.0)
        wall, cpu = [], []
        for gap in arrivals:
            park.advance(float(gap))
            kind = Priority.URGENT if rng.random() < 0.1 else Priority.REGULAR
            item = "coffee" if rng.random() < 0.7 else "box"
            began = time.perf_counter(), time.process_time()
            park.desk.order(Request("손님", f"p{rng.randrange(20)}", ((item, 1),), kind))
            wall.append(time.perf_counter() - began[0])
            cpu.append(time.process_time() - began[1])
        park.advance(2 * 3600.0)
        world = store.world()
        taken = [o for o in world.orders.values() if o.state in PROMISED]
        kept = sum(o.promised_s[0] <= (o.released_at_s or 0.0) <= o.promised_s[1] for o in taken)
        return [
            f"| orders accepted | {len(taken)} of {orders} in {len(world.flights)} flights |",
            f"| pairs of flights that share air | {len(conflicts(world))} |",
            f"| released within the promise, flown as planned | {kept} of {len(taken)} |",
            f"| answer, p50 / p95 / p99 wall s | {_three(wall)} |",
            f"| answer, p50 / p95 / p99 CPU s | {_three(cpu)} |",
        ]


def _three(values: list[float]) -> str:
    return " / ".join(f"{np.percentile(values, q):.3f}" for q in (50, 95, 99))


def anew(orders: int, seed: int, folder: Path) -> list[str]:
    """All orders at once, waiting up to five hours; then one aircraft more."""
    rng = random.Random(seed)
    day = dataclasses.replace(DAY, operations=dataclasses.replace(DAY.operations, max_wait_s=5 * 3600.0))
    with open_store(folder / "anew.db", create=True) as store:
        park = Park(store, day)
        park.clock.epoch_s = NOON - 3 * 3600.0
        made = things(rng)
        spare = next(t for t in made if isinstance(t, Craft) and t.id == "H0")
        park.open([dataclasses.replace(t, grounded="check") if t is spare else t for t in made])
        requests = (Request("손님", f"p{rng.randrange(20)}", (("box", 1),)) for _ in range(orders))
        taken = [o for r in requests if (o := park.desk.order(r).order).state is OrderState.ACCEPTED]
        set_things(store, [spare], park.clock)
        now_s = park.clock.utc_s()
        park.desk.follow(store.world(), now_s)
        began = time.perf_counter(), time.process_time()
        work = Desired(park.desk.board, park.desk.planner, day, now_s)
        done = replan(work)
        wall, cpu = time.perf_counter() - began[0], time.process_time() - began[1]
        return [
            f"| planned anew, orders / flights | {len(taken)} / {done.tried} |",
            f"| planned anew, wall / CPU s | {wall:.2f} / {cpu:.2f} |",
            f"| flights moved, minutes sooner in all | {done.moved}, {done.sooner_s / 60.0:.0f} |",
            f"| flying saved, minutes / Wh | {done.saved_s / 60.0:.0f} / {done.saved_Wh:.0f} |",
            f"| flights fewer | {done.fewer} |",
        ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=300)
    parser.add_argument("--anew", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = a_day(options.orders, options.seed, Path(folder))
        rows += anew(options.anew, options.seed, Path(folder))
    print("| | |\n|---|---|", *rows, sep="\n")


if __name__ == "__main__":
    main()
