"""Rules of a place as data: a versioned TOML file, and a verdict for every rule and site."""

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import BadFileError, SkyshadeError, UnknownNameError
from gis.siting.layers import yes_no
from gis.siting.words import words

if TYPE_CHECKING:
    import pandas as pd

KNOWN_KEYS = frozenset(
    {
        "id",
        "title",
        "title_en",
        "measure",
        "columns",
        "least",
        "most",
        "unit",
        "required",
        "source",
        "parameter",
    }
)


SHIPPED = {"canopy": "rules_korea.toml", "shelter": "rules_korea_shelter.toml"}


class Verdict(Enum):
    """What a rule says of a site; an unknown value is neither pass nor fail."""

    PASS = "pass"  # noqa: S105  # a verdict, not a password
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Rule:
    """A number that must lie within limits, ends included; `least` or `most` may be None, not both.

    The value is the first of `columns` that the candidate layer has, else the measured `measure`.
    A `required` rule that fails rejects the site; others are advice. A `parameter` is a number the operator
    chose, not one that its source gives.
    """

    id: str
    title: str
    columns: tuple[str, ...] = ()
    measure: str | None = None
    least: float | None = None
    most: float | None = None
    unit: str = ""
    required: bool = True
    source: str = ""
    title_en: str = ""
    parameter: bool = False

    def __post_init__(self) -> None:
        if self.least is None and self.most is None:
            raise ValueError(f"rule {self.id!r} has no limit: give least or most")
        if self.least is not None and self.most is not None and self.least > self.most:
            raise ValueError(f"rule {self.id!r}: least {self.least} is above most {self.most}")
        if not self.columns and self.measure is None:
            raise ValueError(f"rule {self.id!r} has neither columns nor a measure")

    def called(self, language: str) -> str:
        """The rule's title in a language; its own title where it has no English one."""
        return self.title_en if language == "en" and self.title_en else self.title

    @property
    def limit(self) -> str:
        """The limits as text: `≥ 3.5 m`."""
        parts = [f"≥ {self.least:g}"] if self.least is not None else []
        parts += [f"≤ {self.most:g}"] if self.most is not None else []
        return f"{' and '.join(parts)} {self.unit}".strip()


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules with the name, version, source and date of their file."""

    name: str
    title: str
    version: str
    source: str
    date: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class RuleVerdict:
    """One rule on one site; `value` None = unknown."""

    rule: Rule
    verdict: Verdict
    value: float | None

    def message(self, language: str = "en") -> str:
        """One line for people: `sidewalk width 2.1 m, must be ≥ 3.5 m`."""
        say, title = words(language), self.rule.called(language)
        if self.value is None:
            return say["rule_unknown"].format(title=title, limit=self.rule.limit)
        value = f"{self.value:.4g} {self.rule.unit}".strip()
        return say["rule_value"].format(title=title, value=value, limit=self.rule.limit)


def shipped_rules(name: str = "canopy") -> RuleSet:
    """Rules for Korea that come with the toolkit: for shade `canopy`s at crossings, or for a `shelter`."""
    if name not in SHIPPED:
        raise UnknownNameError("rule set", name, sorted(SHIPPED))
    place = resources.files("gis.siting") / "data" / SHIPPED[name]
    return parse_rules(place.read_text(encoding="utf-8"), Path(SHIPPED[name]))


def read_rules(path: Path) -> RuleSet:
    """Read a rule file; raises `BadFileError` naming the rule and the way out."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadFileError(path, "is not UTF-8 text", hint="save it as UTF-8") from error
    except OSError as error:
        raise BadFileError(path, f"cannot be read ({error.strerror})") from error
    return parse_rules(text, path)


def parse_rules(text: str, path: Path) -> RuleSet:
    """Rules from TOML text; `path` is named in errors."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadFileError(path, f"is no TOML ({error})") from error
    head, tables = content.get("ruleset"), content.get("rule")
    if not isinstance(head, dict) or not isinstance(tables, list) or not tables:
        raise BadFileError(
            path, "has no [ruleset] or no [[rule]]", hint="start from the shipped rules_korea.toml"
        )
    missing = [key for key in ("name", "version", "source", "date") if not head.get(key)]
    if missing:
        raise BadFileError(path, f"[ruleset] lacks {', '.join(missing)}")
    rules = tuple(_rule(path, number, table) for number, table in enumerate(tables, start=1))
    ids = [rule.id for rule in rules]
    if len(set(ids)) != len(ids):
        raise BadFileError(path, "has two rules with one id")
    return RuleSet(
        str(head["name"]),
        str(head.get("title", head["name"])),
        str(head["version"]),
        str(head["source"]),
        str(head["date"]),
        rules,
    )


def _rule(path: Path, number: int, table: Mapping[str, Any]) -> Rule:
    unknown = sorted(set(table) - KNOWN_KEYS)
    if unknown:
        raise BadFileError(
            path,
            f"rule {number} has unknown keys {', '.join(unknown)}",
            hint=f"known: {', '.join(sorted(KNOWN_KEYS))}",
        )
    if not isinstance(table.get("id"), str):
        raise BadFileError(path, f"rule {number} has no id")
    try:
        return Rule(
            id=table["id"],
            title=str(table.get("title", table["id"])),
            columns=tuple(str(name) for name in table.get("columns", ())),
            measure=table.get("measure"),
            least=None if table.get("least") is None else float(table["least"]),
            most=None if table.get("most") is None else float(table["most"]),
            unit=str(table.get("unit", "")),
            required=bool(table.get("required", True)),
            source=str(table.get("source", "")),
            title_en=str(table.get("title_en", "")),
            parameter=bool(table.get("parameter", False)),
        )
    except (TypeError, ValueError) as error:
        raise BadFileError(path, f"rule {number}: {error}") from error


def judge(
    ruleset: RuleSet, candidates: "pd.DataFrame", measured: Mapping[str, Sequence[float]]
) -> list[tuple[RuleVerdict, ...]]:
    """Verdicts of every rule for each candidate row.

    `measured` holds what was measured here, by measure name, NaN = unknown; a column of the layer wins over
    it where it has a number.
    """
    columns = [_values(rule, candidates, measured) for rule in ruleset.rules]
    return [
        tuple(_verdict(rule, values[row]) for rule, values in zip(ruleset.rules, columns, strict=True))
        for row in range(len(candidates))
    ]


def _values(rule: Rule, candidates: "pd.DataFrame", measured: Mapping[str, Sequence[float]]) -> list[float]:
    out = list(measured.get(rule.measure or "", [math.nan] * len(candidates)))
    by_name = {str(name).strip().casefold(): name for name in candidates.columns}
    for wanted in rule.columns:
        if wanted.casefold() in by_name:
            given = _as_numbers(candidates[by_name[wanted.casefold()]])
            return [
                float(own) if math.isfinite(own) else other for own, other in zip(given, out, strict=True)
            ]
    return [float(value) for value in out]


def _as_numbers(cells: "pd.Series[Any]") -> list[float]:
    """Numbers as they are, yes and no as 1 and 0, anything else NaN: unknown."""
    import pandas as pd

    found = pd.to_numeric(cells, errors="coerce").to_numpy(float)
    return [
        float(number) if math.isfinite(number) or said is None else float(said)
        for number, said in zip(found, yes_no(cells), strict=True)
    ]


def _verdict(rule: Rule, value: float) -> RuleVerdict:
    if math.isnan(value):
        return RuleVerdict(rule, Verdict.UNKNOWN, None)
    low = rule.least is not None and value < rule.least
    high = rule.most is not None and value > rule.most
    return RuleVerdict(rule, Verdict.FAIL if low or high else Verdict.PASS, value)


def rejections(verdicts: Sequence[RuleVerdict], language: str = "en") -> list[str]:
    """Why a site is rejected, one line a failed required rule; empty = it stays in."""
    return [v.message(language) for v in verdicts if v.verdict is Verdict.FAIL and v.rule.required]


def unknowns(verdicts: Sequence[RuleVerdict], language: str = "en") -> list[str]:
    """What is not known of a site, one line a rule."""
    return [v.message(language) for v in verdicts if v.verdict is Verdict.UNKNOWN]


def deadliest(verdicts: Sequence[tuple[RuleVerdict, ...]]) -> list[tuple[Rule, int, int]]:
    """Required rules that reject a site, the one that rejects most first: (rule, how many sites it rejects,
    how many of them nothing else rejects).
    """
    failed = [[v.rule for v in row if v.verdict is Verdict.FAIL and v.rule.required] for row in verdicts]
    rules = {rule.id: rule for row in failed for rule in row}
    counts = [
        (rule, sum(rule in row for row in failed), sum(row == [rule] for row in failed))
        for rule in rules.values()
    ]
    return sorted(counts, key=lambda found: found[1:], reverse=True)


def nothing_feasible(
    path: Path, verdicts: Sequence[tuple[RuleVerdict, ...]], language: str = "en"
) -> SkyshadeError:
    """The error for a layer in which every candidate breaks a required rule: says which rule rejects most."""
    worst = deadliest(verdicts)
    told = ", ".join(f"{rule.called(language)} {rule.limit} rejects {n}" for rule, n, _ in worst[:3])
    first = rejections(verdicts[0], language)[0]
    return SkyshadeError(
        f"{path}: every candidate breaks a required rule ({told} of {len(verdicts)})",
        hint=f"the first one: {first}; add candidates, or set `required = false` or another limit for "
        f"rule {worst[0][0].id!r} in a rule file of your own (--rules)",
    )
