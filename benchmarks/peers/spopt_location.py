"""One location instance by spopt (run in .venv-bench): FILE PROBLEM COUNT RADIUS; prints JSON."""

import json
import sys
import time
from pathlib import Path

import numpy as np
import pulp
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from spopt.locate import MCLP, PCenter, PMedian


def metres_and_weights(path: Path) -> tuple[np.ndarray, np.ndarray]:
    lines = [line.split() for line in path.read_text().splitlines() if line.strip()]
    if path.name.startswith("pmed"):
        nodes, edges = int(lines[0][0]), int(lines[0][1])
        cost = {
            (min(int(a), int(b)) - 1, max(int(a), int(b)) - 1): float(c) for a, b, c in lines[1 : edges + 1]
        }
        low, high = np.array(list(cost)).T
        graph = csr_array((list(cost.values()), (low, high)), shape=(nodes, nodes))
        return dijkstra(graph, directed=False), np.ones(nodes)
    table = np.array(lines[1 : int(lines[0][0]) + 1], float)
    return np.linalg.norm(table[:, None, :2] - table[None, :, :2], axis=2), table[:, 2]


def main() -> None:
    path, problem, count, radius = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    metres, weights = metres_and_weights(path)
    began = time.perf_counter()
    if problem == "mclp":
        model = MCLP.from_cost_matrix(metres, weights, radius, count)
    elif problem == "pmedian":
        model = PMedian.from_cost_matrix(metres, weights, p_facilities=count)
    else:
        model = PCenter.from_cost_matrix(metres, p_facilities=count)
    model = model.solve(pulp.PULP_CBC_CMD(msg=False))
    seconds = time.perf_counter() - began
    print(json.dumps({"objective": float(pulp.value(model.problem.objective)), "seconds": seconds}))


if __name__ == "__main__":
    main()
