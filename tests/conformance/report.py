"""docs/conformance.md: each case, real ArduPilot, the embedded copter, the verdict."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance import compare as rules
from conformance.compare import Verdict

EXPLANATIONS = Path(__file__).resolve().parent / "explanations.toml"
RECORDED, UNSEEN, HELD_OUT = "recorded", "unseen", "held out"
_TITLES = {
    RECORDED: "Recorded sessions",
    UNSEEN: "Unseen sequences",
    HELD_OUT: "Sequences held out",
}
_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case: `real` is ArduPilot of today against its own record, None where it was not run.

    `embedded` is the copter against that record, `today` against ArduPilot of today.
    """

    name: str
    embedded: Verdict
    real: Verdict | None = None
    today: Verdict | None = None

    @property
    def group(self) -> str:
        """What it stands under."""
        return next((group for group in (UNSEEN, HELD_OUT) if self.name.startswith(group)), RECORDED)

    @property
    def agrees(self) -> bool:
        """Whether the copter answered as the real vehicle did, in its record or today."""
        return self.embedded.agrees or (self.today is not None and self.today.agrees)

    @property
    def unsteady(self) -> bool:
        """Whether the real vehicle itself answers otherwise today."""
        return self.real is not None and not self.real.agrees

    @property
    def verdict(self) -> str:
        if self.agrees:
            return "agrees"
        return "undecided" if self.unsteady else "differs"


def explanations() -> dict[str, str]:
    """Why a case differs, by its name; it stays a difference."""
    return dict(tomllib.loads(EXPLANATIONS.read_text(encoding="utf-8")))


def document(outcomes: Sequence[Outcome], *, version: str | None, date: str) -> str:
    """The whole page."""
    groups = {title: [o for o in outcomes if o.group == group] for group, title in _TITLES.items()}
    groups = {title: some for title, some in groups.items() if some}
    tables = [_table(title, some) for title, some in groups.items()]
    parts = [_head(version, date), _summary(groups), _rules(), *tables, _differences(outcomes)]
    return "\n\n".join(parts) + "\n"


def _head(version: str | None, date: str) -> str:
    both = (
        f"in one run on {version} and on the embedded copter" if version else "with the embedded copter alone"
    )
    return (
        "# How like ArduPilot the embedded copter answers\n\n"
        f"Made on {date} by `python benchmarks/conformance.py`, {both}. "
        "Every case is a station's messages at their simulated times; compared are the answers: "
        "results of commands and transfers, words, modes, states, items reached, shots, their order and "
        "their times. Recorded sessions were flown by hand on ArduCopter 4.6.2; unseen sequences are put "
        "together at random from a seed and stand in no recording. Those held out are of other seeds: they "
        "are only counted, nothing in the copter was made by looking at them.\n\n"
        "*Real today*: ArduPilot of today against its own record, so what differs there is chance. A case "
        "agrees when the embedded copter answered as the real vehicle did, in its record or today. Where it "
        "did neither, and the real vehicle does not repeat itself, the case is undecided: it counts as no "
        "agreement, and says nothing against the copter either."
    )


def _summary(groups: Mapping[str, Sequence[Outcome]]) -> str:
    rows = ["| | cases | agree | undecided | differ | real repeats itself |", "|---|---|---|---|---|---|"]
    for title, some in groups.items():
        tally = [sum(o.verdict == word for o in some) for word in ("agrees", "undecided", "differs")]
        ran = [o for o in some if o.real is not None]
        steady = f"{sum(not o.unsteady for o in ran)} of {len(ran)}"
        share = 100.0 * tally[0] / max(1, len(some))
        cells = (title.lower(), len(some), f"{tally[0]} ({share:.0f} %)", *tally[1:], steady)
        rows.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(rows)


def _rules() -> str:
    return (
        "Tolerances: an answer to a message within "
        f"{rules.REPLY_S:g} s, an event within {rules.EVENT_S:g} s and {rules.FLOWN_SHARE * 100:g} % of the "
        f"time since arming, measured numbers in texts within {rules.NUMBER_SHARE * 100:g} %, shots within "
        f"{rules.SHOTS_LEAST} or {rules.SHOTS_SHARE * 100:g} %, order beyond {rules.ORDER_S:g} s, "
        f"states of {rules.BRIEF_S:g} s or more. Their reasons stand in `tests/conformance/compare.py`."
    )


def _table(title: str, outcomes: Iterable[Outcome]) -> str:
    rows = [f"## {title}", "", "| case | real today | embedded | verdict |", "|---|---|---|---|"]
    rows += [f"| {o.name} | {_brief(o.real)} | {_brief(o.embedded)} | {o.verdict} |" for o in outcomes]
    return "\n".join(rows)


def _brief(verdict: Verdict | None) -> str:
    if verdict is None:
        return "not run"
    count = len(verdict.differences)
    return "agrees" if verdict.agrees else f"{count} difference{'s' if count > 1 else ''}"


def _differences(outcomes: Iterable[Outcome]) -> str:
    why = explanations()
    rows = ["## Differences", ""]
    for o in outcomes:
        if o.agrees:
            continue
        rows.append(f"**{o.name}** ({o.verdict}): {why.get(o.name, 'not explained yet.')}")
        rows += ["", *(f"- {difference}" for difference in o.embedded.differences[:_SHOWN])]
        more = len(o.embedded.differences) - _SHOWN
        rows += [*([f"- and {more} more"] if more > 0 else []), ""]
    return "\n".join(rows).rstrip() if len(rows) > 2 else "## Differences\n\nNone."
