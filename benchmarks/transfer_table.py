"""Arguments and tables of the transfer benchmarks."""

import argparse
import math
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from transfer_peers import PEERS
from transfer_runs import measure
from transfer_values import CAP_S, CELLS, ITEMS, OURS, OURS_BARE, Job, Run, Way

USUAL_RUNS = 8
Z95 = 1.959964


def wilson(good: int, runs: int) -> tuple[float, float]:
    """The 95 % interval of a share (E. B. Wilson, 1927)."""
    share, z2 = good / runs, Z95**2
    middle = (share + z2 / (2 * runs)) / (1 + z2 / runs)
    half = Z95 / (1 + z2 / runs) * math.sqrt(share * (1 - share) / runs + z2 / (4 * runs**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def cell(runs: Sequence[Run]) -> str:
    """Good of all, median and 95th percentile of the good ones' seconds; F = claimed and wrong."""
    if not runs:
        return ""
    good = [r.whole_s for r in runs if r.good]
    wrong = sum(r.claimed and not r.right for r in runs)
    text = f"{len(good)}/{len(runs)}" + (f" F{wrong}" if wrong else "")
    if not good:
        return text
    return f"{text}, {statistics.median(good):.2f} s, p95 {percentile(good, 0.95):.2f}"


def table(runs: Sequence[Run], clients: Sequence[str], cells: Sequence[str]) -> str:
    """One row a client, one column a cell."""
    lines = [f"| client | {' | '.join(cells)} |", f"|{'---|' * (len(cells) + 1)}"]
    for client in clients:
        own = [[r for r in runs if (r.client, r.cell) == (client, name)] for name in cells]
        lines.append(f"| {client} | {' | '.join(cell(part) for part in own)} |")
    return "\n".join(lines)


def details(runs: Sequence[Run], clients: Sequence[str], cells: Sequence[str]) -> str:
    """Per client and cell: the interval of success, the greatest time, what went over the link."""
    lines = [
        "| client | cell | success, 95 % | most s | sent s | messages up | kB up | kB down |",
        f"|{'---|' * 8}",
    ]
    for client in clients:
        for name in cells:
            own = [r for r in runs if (r.client, r.cell) == (client, name)]
            if own:
                lines.append(f"| {client} | {name} | {_detail(own)} |")
    return "\n".join(lines)


def _detail(runs: Sequence[Run]) -> str:
    low, high = wilson(sum(r.good for r in runs), len(runs))
    sent = [r.sent_s for r in runs if r.sent_s is not None and r.good]
    parts = [
        f"{low:.1%} to {high:.1%}",
        f"{max(r.whole_s for r in runs):.1f}",
        f"{statistics.median(sent):.2f}" if sent else "",
        f"{statistics.median(r.up_frames for r in runs):.0f}",
        f"{statistics.median(r.up_bytes for r in runs) / 1000:.0f}",
        f"{statistics.median(r.down_bytes for r in runs) / 1000:.0f}",
    ]
    return " | ".join(parts)


def runs_of(text: str, cells: Sequence[str]) -> dict[str, int]:
    """`20` for every cell, or `0 %=100,20 %=300`."""
    if "=" not in text:
        return dict.fromkeys(cells, int(text))
    pairs = [part.rpartition("=") for part in text.split(";")]
    return {name.strip(): int(count) for name, _, count in pairs}


def parse(way: Way, arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=f"Mission {way}s of {ITEMS} items over bad links.")
    parser.add_argument("--runs", default=str(USUAL_RUNS), help='runs a cell: 20, or "0 %%=100;20 %%=300"')
    parser.add_argument(
        "--clients", default=OURS, help=f"of: {', '.join([OURS, OURS_BARE, *PEERS])} (; between)"
    )
    parser.add_argument("--cells", default=";".join(CELLS), help="of: " + "; ".join(CELLS).replace("%", "%%"))
    parser.add_argument("--vehicle", choices=["ardupilot", "embedded"], default="ardupilot")
    parser.add_argument("--instances", type=int, default=2, help="vehicles at once")
    parser.add_argument("--first-instance", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--results", type=Path, help="keep each run here; what stands there is not run again")
    return parser.parse_args(arguments)


def jobs_of(args: argparse.Namespace, way: Way) -> list[Job]:
    cells = [name.strip() for name in args.cells.split(";")]
    counts = runs_of(args.runs, cells)
    most = max(counts.values())
    return [
        Job(client.strip(), way, name, seed)
        for seed in range(args.first_seed, args.first_seed + most)
        for name in cells
        for client in args.clients.split(";")
        if seed - args.first_seed < counts.get(name, 0)
    ]


def main(way: Way) -> None:
    args = parse(way, sys.argv[1:])
    jobs = jobs_of(args, way)
    with tempfile.TemporaryDirectory() as folder:
        path = args.results or Path(folder) / "runs.jsonl"
        instances = range(args.first_instance, args.first_instance + args.instances)
        runs: list[Run] = []
        for runs in measure(jobs, path, args.vehicle, instances):
            if runs and len(runs) % 20 == 0:
                print(f"{len(runs)} runs", file=sys.stderr, flush=True)
    report(runs, jobs, args.vehicle)


def report(runs: Sequence[Run], jobs: Sequence[Job], vehicle: str) -> None:
    clients = list(dict.fromkeys(job.client for job in jobs))
    cells = list(dict.fromkeys(job.cell for job in jobs))
    known = set(jobs)
    runs = [run for run in runs if run.job in known]
    print(f"{ITEMS} items, {vehicle}, loss or delay each way; good / runs, median seconds, cap {CAP_S:g} s\n")
    print(table(runs, clients, cells), "\n")
    print(details(runs, clients, cells))
    for run in runs:
        if run.trouble:
            print(f"{run.client}, {run.cell}, seed {run.seed}: {run.trouble}", file=sys.stderr)
