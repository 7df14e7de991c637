"""Walking 500 m from 2,000 places on a made network of 50,000 nodes, beside scipy, networkx and pandana.

A street grid of 224 x 224 corners, 80 m apart and shaken, a tenth of its pieces closed; the peers run in
.venv-bench on the same edges. Ours gives the pairs within the limit; the sums say that all agree.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from gis.siting.reached import reached

ROOT = Path(__file__).resolve().parents[1]
PEERS = ROOT / ".venv-bench" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
SIDE, STEP_M, SOURCES, LIMIT_M = 224, 80.0, 2000, 500.0
PEER = """
import sys, time
name, folder, limit = sys.argv[1], sys.argv[2], float(sys.argv[3])
import numpy as np
held = np.load(folder + "/network.npz")
nodes, start, end, cost, sources = (held[k] for k in ("nodes", "start", "end", "cost", "sources"))
if name == "pandana":
    import pandana, pandas as pd
    began, used = time.perf_counter(), time.process_time()
    x, y = pd.Series(nodes[:, 0]), pd.Series(nodes[:, 1])
    net = pandana.Network(x, y, pd.Series(start), pd.Series(end), pd.DataFrame({"cost": cost}))
    net.precompute(limit)
    built, busy = time.perf_counter() - began, time.process_time() - used
    began, used = time.perf_counter(), time.process_time()
    found = net.nodes_in_range(list(sources), limit)
    pairs, total = len(found), float(found["cost"].sum())
else:
    import networkx as nx
    began, used = time.perf_counter(), time.process_time()
    graph = nx.Graph()
    graph.add_weighted_edges_from(zip(start.tolist(), end.tolist(), cost.tolist()))
    built, busy = time.perf_counter() - began, time.process_time() - used
    began, used = time.perf_counter(), time.process_time()
    pairs, total = 0, 0.0
    for source in sources.tolist():
        found = nx.single_source_dijkstra_path_length(graph, source, cutoff=limit)
        pairs, total = pairs + len(found), total + sum(found.values())
print(built, busy, time.perf_counter() - began, time.process_time() - used, pairs, total)
"""


def main() -> int:
    network = made()
    nodes, start, end, cost, sources = network
    cold = timed(
        lambda: reached(graph_of(start[:1], end[:1], cost[:1], 2), sources[:1] * 0, sources[:1] * 0, 1.0)
    )
    print(f"{len(nodes)} nodes, {len(start)} pieces, {len(sources)} sources, {LIMIT_M:g} m")
    print(f"first call (compiled or from the cache): {cold[1]:.2f} s\n")
    print("| | build s | search s | search CPU s | ratio to ours | pairs | mean m |")
    print("|---|---|---|---|---|---|---|")
    graph, built, _ = timed(lambda: graph_of(start, end, cost, len(nodes)))
    everyone = np.arange(len(nodes))
    ours, seconds, cpu = min(
        (timed(lambda: reached(graph, sources, everyone, LIMIT_M)) for _ in range(5)), key=lambda run: run[1]
    )
    row("skyshade", built, seconds, cpu, seconds, len(ours[2]), float(ours[2].sum()))
    dense, wall, used = timed(lambda: dijkstra(graph, indices=sources, limit=LIMIT_M))
    row("scipy, dense answer", built, wall, used, seconds, *counted(dense))
    if not PEERS.exists():
        print("the peers are missing: make .venv-bench/.installed")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        names = ("nodes", "start", "end", "cost", "sources")
        np.savez(Path(folder) / "network.npz", **dict(zip(names, network, strict=True)))
        for name in ("networkx", "pandana"):
            command = [str(PEERS), "-c", PEER, name, folder, str(LIMIT_M)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            built, _, wall, used, pairs, total = (float(word) for word in done.stdout.split()[-6:])
            row(name, built, wall, used, seconds, int(pairs), total)
    return 0


def made() -> tuple[Any, ...]:
    rng = np.random.default_rng(1)
    number = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    y, x = np.divmod(number.ravel(), SIDE)
    nodes = np.column_stack([x, y]) * STEP_M + rng.uniform(-25, 25, (SIDE * SIDE, 2))
    start = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    end = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    kept = rng.uniform(size=len(start)) > 0.1
    start, end = start[kept], end[kept]
    cost = np.linalg.norm(nodes[start] - nodes[end], axis=1)
    return nodes, start, end, cost, rng.choice(SIDE * SIDE, SOURCES, replace=False)


def graph_of(start: Any, end: Any, cost: Any, size: int) -> Any:
    both = np.concatenate([start, end]), np.concatenate([end, start])
    return csr_array((np.concatenate([cost, cost]), both), shape=(size, size))


def counted(dense: Any) -> tuple[int, float]:
    near = np.isfinite(dense)
    return int(near.sum()), float(dense[near].sum())


def row(name: str, built: float, wall: float, used: float, ours: float, pairs: int, total: float) -> None:
    print(
        f"| {name} | {built:.2f} | {wall:.3f} | {used:.3f} | {wall / ours:.1f} | {pairs} "
        f"| {total / pairs:.4f} |",
        flush=True,
    )


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    began, used = time.perf_counter(), time.process_time()
    found = work()
    return found, time.perf_counter() - began, time.process_time() - used


if __name__ == "__main__":
    sys.exit(main())
