"""Covering, p-median and p-center on published instances, with spopt and HiGHS beside where they can.

Instances: ../shared/data/gis or $SKYSHADE_DATA/gis. Usage: python benchmarks/sites_solvers.py [PART ...] with
parts covering, newyork, library, peers (all without).
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from gis.siting.instances import solve_instance

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("SKYSHADE_DATA") or ROOT.parent / "shared" / "data") / "gis"
PEERS = ROOT / ".venv-bench" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
PEER = Path(__file__).resolve().parent / "peers" / "spopt_location.py"
COVERING = {
    "SJC324": {1: 5461, 2: 8790, 3: 11604, 4: 12106, 5: 12152},
    "SJC402": {1: 6555, 2: 11339, 3: 14690, 5: 15970, 6: 15984},
    "SJC500": {1: 7944, 3: 15730, 5: 18859, 8: 19707},
}
NEW_YORK = (50, 60, 70, 80, 90, 100)
PEER_SECONDS = 120


def covering() -> None:
    print("| instance | sites | proved optimum | ours | bound | s | CPU s |\n|---|---|---|---|---|---|---|")
    for name, optima in COVERING.items():
        for count, optimum in optima.items():
            path, before = DATA / "mclp" / f"{name}.txt", time.process_time()
            found = solve_instance(path, "mclp", count, radius_m=800)
            print(
                f"| {name} | {count} | {optimum} | {found.objective:.0f} | {found.bound:.0f} "
                f"| {found.wall_s:.2f} | {time.process_time() - before:.2f} |",
                flush=True,
            )


def newyork() -> None:
    print("\n| NewYork, sites | best known | ours | below best | bound | gap | s | CPU s |")
    print("|---|---|---|---|---|---|---|---|")
    for count in NEW_YORK:
        text = (DATA / "mclp" / f"NewYork_{count}_400.txt").read_text()
        best, before = float(text.split()[1]), time.process_time()
        found = solve_instance(DATA / "mclp" / "NewYork.txt", "mclp", count, radius_m=400, seconds=55)
        print(
            f"| {count} | {best:.0f} | {found.objective:.0f} | {(best - found.objective) / best:.3%} "
            f"| {found.bound:.0f} | {found.gap:.3%} | {found.wall_s:.1f} "
            f"| {time.process_time() - before:.1f} |",
            flush=True,
        )


def library() -> None:
    print(
        "\n| instance | sites | p-median optimum | ours | bound | s | p-center optimum | ours | bound | s |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    optima = [
        dict(line.split() for line in (DATA / "pmed" / name).read_text().splitlines() if line.strip())
        for name in ("pmedopt.txt", "kcenteropt.txt")
    ]
    for number in range(1, 21):
        name = f"pmed{number}"
        path = DATA / "pmed" / f"{name}.txt"
        count = int(path.read_text().split()[2])
        cells = [name, str(count)]
        for problem, table in zip(("pmedian", "pcenter"), optima, strict=True):
            found = solve_instance(path, problem, count, seconds=60)
            cells += [table[name], f"{found.objective:.0f}", f"{found.bound:.0f}", f"{found.wall_s:.2f}"]
        print(f"| {' | '.join(cells)} |", flush=True)


def peers() -> None:
    """The same instances by spopt (PuLP and CBC), each in a process of its own with a time limit."""
    if not PEERS.exists():
        print("\nspopt is missing: make .venv-bench/.installed")
        return
    cases = [
        ("mclp/SJC324.txt", "mclp", 3, 800),
        ("mclp/SJC500.txt", "mclp", 5, 800),
        ("pmed/pmed1.txt", "pmedian", 5, 0),
        ("pmed/pmed6.txt", "pmedian", 5, 0),
        ("pmed/pmed1.txt", "pcenter", 5, 0),
    ]
    print("\n| instance | problem | sites | spopt | s | ours | s |\n|---|---|---|---|---|---|---|")
    for name, problem, count, radius_m in cases:
        found = solve_instance(DATA / name, problem, count, radius_m=radius_m)
        theirs = spopt(DATA / name, problem, count, radius_m)
        ours = f"{found.objective:.0f} | {found.wall_s:.2f}"
        print(f"| {name} | {problem} | {count} | {theirs} | {ours} |", flush=True)


def spopt(path: Path, problem: str, count: int, radius_m: float) -> str:
    """`objective | seconds` of spopt."""
    command = [str(PEERS), str(PEER), str(path), problem, str(count), str(radius_m)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PEER_SECONDS, check=False, cwd=ROOT
        )
    except subprocess.TimeoutExpired:
        return f"nothing | > {PEER_SECONDS}"
    if done.returncode != 0:
        return f"failed: {done.stderr.strip().splitlines()[-1][:60]} | "
    answer = json.loads(done.stdout.splitlines()[-1])
    return f"{answer['objective']:.0f} | {answer['seconds']:.1f}"


PARTS = {"covering": covering, "newyork": newyork, "library": library, "peers": peers}


def main() -> int:
    if not DATA.is_dir():
        print(f"no instances at {DATA}: set SKYSHADE_DATA")
        return 1
    for name in sys.argv[1:] or PARTS:
        PARTS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
