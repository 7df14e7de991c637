"""Two sequences of replies laid side by side with the least that must differ."""

from collections.abc import Callable, Sequence

from conformance.answers import Answer

Row = tuple[Answer | None, Answer | None]
_GAP, _OTHER_RESULT, _OTHER_TIME = 2, 3, 1


def aligned(
    real: Sequence[Answer], other: Sequence[Answer], in_time: Callable[[Answer, Answer], bool]
) -> list[Row]:
    """Rows of two answers, or of one and None where the other side has nothing like it."""

    def same(a: Answer, b: Answer) -> bool:
        return a.key == b.key and in_time(a, b)

    start = 0
    while start < min(len(real), len(other)) and same(real[start], other[start]):
        start += 1
    end = 0
    while end < min(len(real), len(other)) - start and same(real[-1 - end], other[-1 - end]):
        end += 1
    middle = _middle(real[start : len(real) - end], other[start : len(other) - end], in_time)
    head: list[Row] = list(zip(real[:start], other[:start], strict=True))
    tail = zip(real[len(real) - end :], other[len(other) - end :], strict=True)
    return [*head, *middle, *tail]


def _cost(a: Answer, b: Answer, in_time: Callable[[Answer, Answer], bool]) -> int | None:
    """What it costs to take one for the other; None if they speak of different things."""
    late = 0 if in_time(a, b) else _OTHER_TIME
    if a.key == b.key:
        return late
    same_subject = ":" in a.key and a.key.split(":")[0] == b.key.split(":")[0]
    return _OTHER_RESULT + late if same_subject and not late else None


def _middle(
    real: Sequence[Answer], other: Sequence[Answer], in_time: Callable[[Answer, Answer], bool]
) -> list[Row]:
    """Edit distance by dynamic programming, walked back from the end."""
    table = [[_GAP * j for j in range(len(other) + 1)]]
    for i, a in enumerate(real, 1):
        row = [_GAP * i]
        for j, b in enumerate(other, 1):
            best = min(table[i - 1][j], row[j - 1]) + _GAP
            cost = _cost(a, b, in_time)
            row.append(best if cost is None else min(best, table[i - 1][j - 1] + cost))
        table.append(row)
    return _walked(real, other, table, in_time)


def _walked(
    real: Sequence[Answer],
    other: Sequence[Answer],
    table: list[list[int]],
    in_time: Callable[[Answer, Answer], bool],
) -> list[Row]:
    rows: list[Row] = []
    i, j = len(real), len(other)
    while i or j:
        cost = _cost(real[i - 1], other[j - 1], in_time) if i and j else None
        if cost is not None and table[i][j] == table[i - 1][j - 1] + cost:
            i, j = i - 1, j - 1
            rows.append((real[i], other[j]))
        elif i and table[i][j] == table[i - 1][j] + _GAP:
            i -= 1
            rows.append((real[i], None))
        else:
            j -= 1
            rows.append((None, other[j]))
    return rows[::-1]
