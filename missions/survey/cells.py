"""Boustrophedon cells: groups of passes flown to and fro, and the order in which to visit them.

Cells break where a line splits or joins, after Choset's boustrophedon decomposition; the visiting order is
found by nearest entry and improved by moving and swapping cells, each cell's best entry by dynamic
programming.
"""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from missions.route import XY
from missions.survey.lines import Pass, Run, Swath, flown

Cell = tuple[Pass, ...]
Distance = Callable[[XY, XY], float]
MOST_MOVES_CELLS = 12


@dataclass(frozen=True, slots=True)
class Tour:
    """One way to fly a cell: its runs in order, and where it starts and ends (east-north metres)."""

    runs: tuple[Run, ...]

    @property
    def start(self) -> XY:
        """Where the first run begins."""
        return self.runs[0].start

    @property
    def end(self) -> XY:
        """Where the last run stops."""
        return self.runs[-1].end


def split_cells(passes: Sequence[Pass]) -> list[Cell]:
    """Group passes of neighbouring rows that face exactly one another."""
    rows: dict[int, list[Pass]] = defaultdict(list)
    for line in passes:
        rows[line.row].append(line)
    open_cells: list[list[Pass]] = []
    cells: list[list[Pass]] = []
    for row in sorted(rows):
        ends = [c for c in open_cells if c[-1].row == row - 1]
        open_cells = []
        for line in rows[row]:
            facing = [c for c in ends if _face(c[-1], line)]
            alone = len(facing) == 1 and sum(_face(facing[0][-1], other) for other in rows[row]) == 1
            cell = facing[0] if alone else []
            if not alone:
                cells.append(cell)
            cell.append(line)
            open_cells.append(cell)
    return [tuple(cell) for cell in cells]


def _face(a: Pass, b: Pass) -> bool:
    return a.x_from <= b.x_to and b.x_from <= a.x_to


def tours(cell: Cell, swath: Swath) -> list[Tour]:
    """The four ways to fly a cell to and fro: from either end, starting either way."""
    found = []
    for lines, forward in itertools.product((cell, cell[::-1]), (True, False)):
        runs = tuple(flown(line, swath, forward=forward ^ bool(i % 2)) for i, line in enumerate(lines))
        found.append(Tour(runs))
    return found


def visit(cells: Sequence[Cell], home: XY, swath: Swath, distance: Distance) -> list[Run]:
    """All runs in flying order, from home and back, with the transits between them kept short."""
    options = [tours(cell, swath) for cell in cells]
    order = _nearest_order(options, home, distance)
    best, choice = _best_entries(order, options, home, distance)
    improved = len(cells) <= MOST_MOVES_CELLS
    while improved:
        improved = False
        for candidate in _moves(order):
            length, entries = _best_entries(candidate, options, home, distance)
            if length < best - 1e-6:
                order, best, choice, improved = candidate, length, entries, True
                break
    return [run for index, entry in zip(order, choice, strict=True) for run in options[index][entry].runs]


def _nearest_order(options: Sequence[Sequence[Tour]], home: XY, distance: Distance) -> list[int]:
    order: list[int] = []
    here, rest = home, set(range(len(options)))
    while rest:
        ranked = [(distance(here, t.start), i, k) for i in sorted(rest) for k, t in enumerate(options[i])]
        _, index, entry = min(ranked)
        order.append(index)
        rest.discard(index)
        here = options[index][entry].end
    return order


def _best_entries(
    order: Sequence[int], options: Sequence[Sequence[Tour]], home: XY, distance: Distance
) -> tuple[float, list[int]]:
    """The best tour of each cell for a fixed order: shortest path through the layers of choices."""
    costs: list[tuple[float, list[int]]] = [(0.0, [])]
    ends = [home]
    for index in order:
        layer = []
        for entry, tour in enumerate(options[index]):
            steps = [(c + distance(e, tour.start), p) for (c, p), e in zip(costs, ends, strict=True)]
            cost, path = min(steps, key=lambda s: s[0])
            layer.append((cost, [*path, entry]))
        costs, ends = layer, [t.end for t in options[index]]
    return min(
        ((c + distance(e, home), p) for (c, p), e in zip(costs, ends, strict=True)), key=lambda s: s[0]
    )


def _moves(order: list[int]) -> Iterator[list[int]]:
    for i, j in itertools.combinations(range(len(order)), 2):
        yield [*order[:i], *order[i : j + 1][::-1], *order[j + 1 :]]
    for i, j in itertools.permutations(range(len(order)), 2):
        rest = order[:i] + order[i + 1 :]
        yield [*rest[:j], order[i], *rest[j:]]
