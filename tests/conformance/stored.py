"""Cases and what real ArduPilot answered to them, as JSON: one line a step and an answer."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.answers import Answer
from conformance.cases import Case, Step

FOLDER = Path(__file__).resolve().parent / "data"


@dataclass(frozen=True, slots=True)
class Recorded:
    """A case with the answers of the real vehicle, its version and the day."""

    case: Case
    answers: tuple[Answer, ...]
    version: str
    date: str


def write(recorded: Recorded, path: Path) -> None:
    """Keep it."""
    case = recorded.case
    head = {
        "name": case.name, "version": recorded.version, "date": recorded.date, "until_s": case.until_s,
        "params": dict(case.params), "silent": case.silent, "heartbeats": case.heartbeats,
    }  # fmt: skip
    steps = [[s.at_s, s.name, dict(s.fields), s.after, s.system] for s in case.steps]
    answers = [
        [round(a.at_s, 2), a.channel, a.key, list(a.numbers), round(a.late_s, 2)] for a in recorded.answers
    ]
    rows = [f'"{key}": {_json(value)}' for key, value in head.items()]
    rows += [_rows("steps", steps), _rows("answers", answers)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")


def read(path: Path) -> Recorded:
    """What `write` kept."""
    data = json.loads(path.read_text(encoding="utf-8"))
    steps = tuple(
        Step(at, name, _fields(fields), after, system) for at, name, fields, after, system in data["steps"]
    )
    silent = tuple((start, end) for start, end in data["silent"])
    case = Case(data["name"], steps, data["until_s"], data["params"], data["heartbeats"], silent)
    answers = tuple(Answer(at, channel, key, tuple(n), late) for at, channel, key, n, late in data["answers"])
    return Recorded(case, answers, data["version"], data["date"])


def unseen() -> list[Recorded]:
    """The sequences that stand in no recording, as real ArduPilot answered them."""
    return [read(path) for path in sorted(FOLDER.glob("unseen-*.json"))]


def held_out() -> list[Recorded]:
    """Sequences of other seeds, by which nothing was made."""
    return [read(path) for path in sorted(FOLDER.glob("held-out-*.json"))]


def _fields(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _rows(name: str, rows: list[Any]) -> str:
    return f'"{name}": [\n' + ",\n".join(_json(row) for row in rows) + "\n]"
