"""The ground found between tie points: a smooth surface that follows hills and stays below roofs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from core.geo import FloatArray
from thermal.compiled import kernel
from thermal.ground import Ground, PlaneGround, fit_ground_plane

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SurfaceParams:
    """How stiff the ground is, and what counts as ground.

    Nodes lie `node_m` apart, wider where a flight has few tie points: a node for each `points_per_node`. The
    ground's slope changes by about `bend_per_m` a metre. Tie points further above it than `above_m` (below:
    `below_m`) lose their say. Ground is first looked for as the `low` share of heights in squares of
    `square_m`. With fewer than `least_points` the ground stays a plane.
    """

    node_m: float = 6.0
    points_per_node: float = 1.0
    bend_per_m: float = 0.003
    above_m: float = 0.4
    below_m: float = 1.0
    low: float = 0.2
    square_m: float = 25.0
    least_points: int = 100
    rounds: int = 8

    def __post_init__(self) -> None:
        for name in ("node_m", "points_per_node", "bend_per_m", "above_m", "below_m", "square_m"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be > 0, got {getattr(self, name)}")


@dataclass(frozen=True, slots=True, eq=False)
class SurfaceGround:
    """Heights (rows, columns) float64 over a plane, nodes `step_m` apart from `west_m`, `south_m` northwards.

    Between nodes bilinear; beyond the border the border's heights go on.
    """

    plane: PlaneGround
    over_m: FloatArray
    west_m: float
    south_m: float
    step_m: float

    def heights_m(self, east_north_m: FloatArray) -> FloatArray:
        p = np.asarray(east_north_m, float)
        flat = np.ascontiguousarray(p.reshape(-1, 2))
        over = np.empty(len(flat))
        _between(self.over_m, flat, self.west_m, self.south_m, self.step_m, over)
        heights: FloatArray = self.plane.heights_m(p) + over.reshape(p.shape[:-1])
        return heights

    @property
    def crs(self) -> str | None:
        return None

    def heights_at(self, xy: FloatArray) -> FloatArray:
        return self.heights_m(xy)

    @property
    def top_m(self) -> float | None:
        return None

    @property
    def label(self) -> str:
        low, high = float(self.over_m.min()), float(self.over_m.max())
        return f"surface through tie points, {low:+.1f} to {high:+.1f} m about a {self.plane.label}"


@kernel()
def _between(
    nodes: FloatArray, at: FloatArray, west: float, south: float, step: float, out: FloatArray
) -> None:
    """Bilinear values of `nodes` at `at` (n, 2)."""
    rows, cols = nodes.shape
    for k in range(at.shape[0]):
        x = min(max((at[k, 0] - west) / step, 0.0), cols - 1.0)
        y = min(max((at[k, 1] - south) / step, 0.0), rows - 1.0)
        c, r = min(int(x), cols - 2), min(int(y), rows - 2)
        a, b = x - c, y - r
        low = nodes[r, c] + a * (nodes[r, c + 1] - nodes[r, c])
        high = nodes[r + 1, c] + a * (nodes[r + 1, c + 1] - nodes[r + 1, c])
        out[k] = low + b * (high - low)


def fit_ground(points_m: FloatArray, params: SurfaceParams | None = None) -> Ground:
    """The ground below tie points (n, 3): a plane where they are few, else a surface about that plane.

    Roofs are told from hills by their steps: the surface starts from the low heights of wide squares and
    tightens on the points near it, those above losing their say sooner (Kraus and Pfeifer 1998).
    """
    chosen = params or SurfaceParams()
    plane = fit_ground_plane(points_m)
    if len(points_m) < chosen.least_points:
        return plane
    west, south = points_m[:, :2].min(axis=0)
    width, depth = np.ptp(points_m[:, :2], axis=0)
    step = max(chosen.node_m, float(np.sqrt(width * depth * chosen.points_per_node / len(points_m))))
    shape = int(np.ceil(depth / step)) + 2, int(np.ceil(width / step)) + 2
    rest = points_m[:, 2] - plane.heights_m(points_m[:, :2])
    flat = SurfaceGround(plane, np.zeros(shape), float(west), float(south), step)
    return _tightened(flat, points_m[:, :2], rest, chosen)


def _tightened(
    flat: SurfaceGround, at: FloatArray, rest_m: FloatArray, params: SurfaceParams
) -> SurfaceGround:
    """The surface through heights `rest_m` over the plane, from the low ones of squares to all near it."""
    basis, stiff = _basis(flat, at), _stiffness(flat.over_m.shape, params.bend_per_m * flat.step_m**2)
    low_at, low_m = _lowest(at, rest_m, params)
    over = _solved(_basis(flat, low_at), low_m, np.full(len(low_m), 1.0), stiff)
    for wider in np.geomspace(4.0, 1.0, params.rounds):
        gap = rest_m - basis @ over
        limit = np.where(gap > 0, params.above_m, params.below_m) * wider
        over = _solved(basis, rest_m, 0.2 * (1.0 + (gap / limit) ** 2), stiff)
    return SurfaceGround(flat.plane, over.reshape(flat.over_m.shape), flat.west_m, flat.south_m, flat.step_m)


def _lowest(at: FloatArray, rest_m: FloatArray, params: SurfaceParams) -> tuple[FloatArray, FloatArray]:
    """One low point of each square: the one at the `low` share of its heights."""
    cell = np.floor((at - at.min(axis=0)) / params.square_m).astype(np.int64)
    label = cell[:, 0] * (int(cell[:, 1].max()) + 1) + cell[:, 1]
    order = np.lexsort((rest_m, label))
    starts = np.flatnonzero(np.diff(label[order], prepend=-1))
    count = np.diff(np.append(starts, len(order)))
    picked = order[starts + (params.low * (count - 1)).astype(np.int64)]
    return at[picked], rest_m[picked]


def _basis(flat: SurfaceGround, at: FloatArray) -> csr_array:
    """Bilinear weights (points, nodes)."""
    rows, cols = flat.over_m.shape
    x, y = (at[:, 0] - flat.west_m) / flat.step_m, (at[:, 1] - flat.south_m) / flat.step_m
    c, r = np.minimum(x.astype(np.int64), cols - 2), np.minimum(y.astype(np.int64), rows - 2)
    a, b = x - c, y - r
    nodes = np.stack([r * cols + c, r * cols + c + 1, (r + 1) * cols + c, (r + 1) * cols + c + 1], axis=1)
    weights = np.stack([(1 - a) * (1 - b), a * (1 - b), (1 - a) * b, a * b], axis=1)
    index = np.repeat(np.arange(len(at)), 4)
    return csr_array((weights.ravel(), (index, nodes.ravel())), shape=(len(at), rows * cols))


def _stiffness(shape: tuple[int, int], bend_m: float, pull_m: float = 10.0) -> csr_array:
    """What bends of the surface cost, (nodes, nodes); a weak pull to the plane holds what no point tells."""
    from scipy.sparse import diags_array, eye_array, kron, vstack

    def bends(n: int) -> csr_array:
        return csr_array(diags_array([1.0, -2.0, 1.0], offsets=[0, 1, 2], shape=(max(n - 2, 0), n)))

    def steps(n: int) -> csr_array:
        return csr_array(diags_array([-1.0, 1.0], offsets=[0, 1], shape=(n - 1, n)))

    rows, cols = shape
    along = kron(eye_array(rows), bends(cols)), kron(bends(rows), eye_array(cols))
    twist = np.sqrt(2.0) * kron(steps(rows), steps(cols))
    all_bends = csr_array(vstack([*along, twist])) / bend_m
    return csr_array(all_bends.T @ all_bends + eye_array(rows * cols) / pull_m**2)


def _solved(basis: csr_array, rest_m: FloatArray, sigma_m: FloatArray, stiff: csr_array) -> FloatArray:
    from scipy.sparse.linalg import splu

    weighted = basis.multiply((sigma_m**-2.0)[:, None]).tocsr()
    normal = (basis.T @ weighted + stiff).tocsc()
    found = splu(normal, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
    return np.asarray(found.solve(weighted.T @ rest_m), float)
