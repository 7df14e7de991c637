"""How like ArduPilot the embedded copter answers: every case on both, written to docs/conformance.md.

Usage: SKYSHADE_ARDUCOPTER=... python benchmarks/conformance.py [--jobs 2] [--speedup 10] [--instance 60]
       [--data FOLDER] [--only PART] [--record unseen|held-out] [--out FILE]
Without SKYSHADE_ARDUCOPTER only the embedded copter is played. --record flies such sequences on
ArduPilot anew and keeps its answers as tests/conformance/data, and does no more.
"""

import argparse
import datetime as dt
import os
import queue
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT / "tests")  # in place of this folder: this script has the package's name

from conformance import stored  # noqa: E402 - found through the line above
from conformance.answers import Answer  # noqa: E402
from conformance.cases import Case  # noqa: E402
from conformance.compare import Difference, Verdict, compare  # noqa: E402
from conformance.embedded import LockStep  # noqa: E402
from conformance.player import Player  # noqa: E402
from conformance.recordings import recording, recordings  # noqa: E402
from conformance.report import Outcome, document  # noqa: E402
from conformance.sequences import COUNT, HELD_OUT, sequence  # noqa: E402
from conformance.wired import VehicleLostError, ardupilot  # noqa: E402

from flight.sitl import ardupilot_version  # noqa: E402

VARIABLE = "SKYSHADE_ARDUCOPTER"
SEEDS = {"unseen": range(COUNT), "held-out": HELD_OUT}


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--speedup", type=float, default=10.0)
    parser.add_argument("--instance", type=int, default=60)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--only", default="")
    parser.add_argument("--record", choices=SEEDS)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "conformance.md")
    return parser.parse_args()


def embedded(case: Case) -> tuple[list[Answer], str]:
    """The copter's answers, and what it died of."""
    player = Player(case, LockStep.of(case))
    try:
        return player.play(), ""
    except Exception as error:  # noqa: BLE001 - a copter that dies is a difference, not the end of the run
        return player.answers, f"the embedded copter died of {error!r}"


def judged(record: stored.Recorded) -> tuple[Verdict, list[Answer]]:
    """The embedded copter against a record."""
    answers, died = embedded(record.case)
    verdict = compare(record.answers, answers, record.case.until_s)
    if died:
        verdict = Verdict((Difference(answers[-1].at_s if answers else 0.0, died), *verdict.differences))
    return verdict, answers


class Sitl:
    """Real ArduPilot for several cases at once, each in an instance of its own."""

    def __init__(self, jobs: int, first: int, speedup: float) -> None:
        self.jobs, self.speedup = jobs, speedup
        self._free: queue.SimpleQueue[int] = queue.SimpleQueue()
        for instance in range(first, first + jobs):
            self._free.put(instance)

    def answers(self, case: Case) -> list[Answer]:
        """What it answered; as far as it came, should it die."""
        instance = self._free.get()
        try:
            with ardupilot(case, instance=instance, speedup=self.speedup) as vehicle:
                player = Player(case, vehicle)
                try:
                    return player.play()
                except VehicleLostError as error:
                    return [*player.answers, Answer(vehicle.now_s, "words", f"the vehicle was lost: {error}")]
        finally:
            self._free.put(instance)
            print(".", end="", file=sys.stderr, flush=True)

    def all(self, cases: Iterable[Case]) -> list[list[Answer]]:
        with ThreadPoolExecutor(self.jobs) as pool:
            return list(pool.map(self.answers, cases))


def records(data: Path, only: str) -> Iterator[stored.Recorded]:
    for name, path in recordings(data / "flight").items():
        if only in name:
            yield recording(path)
    made = [*stored.unseen(), *stored.held_out()]
    yield from (record for record in made if only in record.case.name)


def record_made(seeds: Iterable[int], sitl: Sitl, version: str, date: str) -> None:
    cases = [sequence(seed) for seed in seeds]
    for case, answers in zip(cases, sitl.all(cases), strict=True):
        kept = stored.Recorded(case, tuple(answers), version, date)
        stored.write(kept, stored.FOLDER / f"{case.name.replace(' ', '-')}.json")


def outcomes(every: list[stored.Recorded], sitl: Sitl | None, jobs: int) -> Iterator[Outcome]:
    real = sitl.all(record.case for record in every) if sitl is not None else [None] * len(every)
    with ProcessPoolExecutor(jobs) as pool:
        for record, today, (verdict, ours) in zip(every, real, pool.map(judged, every), strict=True):
            case, end = record.case, record.case.until_s
            if today is None:
                yield Outcome(case.name, verdict)
                continue
            again = compare(record.answers, today, end)
            yield Outcome(case.name, verdict, again, compare(today, ours, end))


def main() -> None:
    chosen = options()
    date = dt.datetime.now(tz=dt.UTC).date().isoformat()
    binary = os.environ.get(VARIABLE)
    sitl = Sitl(chosen.jobs, chosen.instance, chosen.speedup) if binary else None
    version = ardupilot_version(Path(binary)) + " SITL" if binary else None
    if chosen.record:
        if sitl is None or version is None:
            raise SystemExit(f"--record needs ArduPilot: set {VARIABLE}")
        record_made(SEEDS[chosen.record], sitl, version, date)
        return
    every = list(records(chosen.data, chosen.only))
    found = list(outcomes(every, sitl, chosen.jobs))
    page = document(found, version=version, date=date)
    chosen.out.write_text(page, encoding="utf-8")
    print(page.split("## Recorded", maxsplit=1)[0])


if __name__ == "__main__":
    main()
