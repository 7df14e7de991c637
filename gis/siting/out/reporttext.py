"""The sections of the report, each a list of paragraphs and tables."""

import datetime as dt
import math
from dataclasses import dataclass
from typing import Any

from reportlab.platypus import CondPageBreak, KeepTogether, Spacer

from gis.pdf.face import Words
from gis.pdf.table import table
from gis.siting.model import ChosenSite, SitingResult
from gis.siting.out.figures import (
    asked_count,
    fairness_rows,
    in_language,
    kills_most,
    row_in,
    rule_counts,
    summary,
)
from gis.siting.out.frames import rank_text
from gis.siting.out.notes import note_in
from gis.siting.out.reportmore import stability_lines
from gis.siting.out.sources import sources
from gis.siting.rules import RuleVerdict, Verdict, rejections
from gis.siting.words import words

Flow = list[Any]
MOST_LINES_ON_COVER = 19  # files, sites and notes
MOST_ON_COVER, MOST_REJECTED, MOST_NEXT, MOST_VERDICTS = 10, 120, 10, 60


@dataclass(slots=True)
class Telling:
    """A result told in paragraphs; `width_pt` is the room they have."""

    result: SitingResult
    say: Words
    made: dt.datetime
    heat_times: tuple[dt.datetime, dt.datetime] | None
    notes: tuple[str, ...]
    width_pt: float = 505.0

    @property
    def language(self) -> str:
        """The language it is told in."""
        return self.result.params.language

    @property
    def word(self) -> dict[str, str]:
        """Its words."""
        return words(self.language)

    def day(self, moment: dt.datetime) -> str:
        """A day as people write it."""
        local = moment.astimezone(self._zone())
        if self.language == "ko":
            return f"{local.year}년 {local.month}월 {local.day}일"
        return f"{local.day} {local:%B %Y}"

    def cover(self) -> Flow:
        """Title, question, figures at a glance, data."""
        word, say = self.word, self.say
        return [
            Spacer(0, 8),
            say.say(word["report_title"], "title"),
            say.say(f"{self._heat_when()} · {word['made_on'].format(when=self._moment(self.made))}", "small"),
            say.say(word["asked"], "heading"),
            *[say.say(line) for line in self._question()],
            say.say(word["at_a_glance"], "heading"),
            *[say.say(in_language(line, self.language), "bullet") for line in summary(self.result)],
            say.say(in_language(kills_most(self.result), self.language), "bullet"),
            say.say(word["chosen"], "heading"),
            self._table(
                [word["rank"], word["site"], word["served"]],
                [
                    [rank_text(s), s.name or s.id, f"{s.facts.people:,.0f}"]
                    for s in self.result.chosen[:MOST_ON_COVER]
                ],
                (0.2, 0.6, 0.2),
                (2,),
            ),
            say.say(word["sources"], "heading"),
            self._table(
                [word["role"], word["file"], word["changed"]],
                [
                    [
                        word.get(f"option_{source.option}", source.option),
                        source.path.name,
                        word["not_known"] if source.changed is None else self._moment(source.changed),
                    ]
                    for source in sources(self.result)
                ],
                (0.2, 0.5, 0.3),
            ),
            *(self.repairs() if self._repairs_fit() else [say.say(word["repaired_below"], "small")]),
        ]

    def chosen(self) -> Flow:
        """The chosen sites with intervals and ties."""
        word, sites = self.word, self.result.chosen
        params = self.result.params.confidence
        head = ["site", "rank_range", "served", "share", "surface", "again"]
        names = [word[key].format(level=params.level) for key in head]
        notes = f"{word['rank_note'].format(draws=params.draws, level=params.level)} {word['tie_note']}"
        return [
            *self._heading("chosen_table"),
            self._table(
                names,
                [self._chosen_row(site) for site in sites],
                (0.3, 0.16, 0.12, 0.1, 0.18, 0.14),
                (2, 3, 4, 5),
            ),
            Spacer(0, 3),
            self.say.say(notes, "small"),
        ]

    def reasons(self) -> Flow:
        """Why each site was chosen."""
        out: Flow = self._heading("why_each")
        for site in self.result.chosen:
            lines = [self.say.say(text, "bullet") for text in site.facts.parts(self.language)]
            title = f"{rank_text(site)}  {site.name or site.id}"
            out.append(KeepTogether([self.say.say(title, "subheading"), *lines]))
        return out

    def verdicts(self) -> Flow:
        """A verdict of every rule on every chosen site."""
        rules = self.result.rules.rules
        head = [self.word["site"], *(f"{r.called(self.language)}\n{_limit(r.limit)}" for r in rules)]
        rows = [
            [site.name or site.id, *(self._verdict(v) for v in self.result.verdicts[site.row])]
            for site in self.result.chosen[:MOST_VERDICTS]
        ]
        each = 0.72 / len(rules)
        told = self.result.rules
        source = self.word["rules_line"].format(
            title=told.title if self.language == "ko" else told.name,
            version=told.version,
            date=told.date,
            source=told.source,
        )
        return [
            *self._heading("verdict_table"),
            self._table(head, rows, (0.28, *[each] * len(rules))),
            Spacer(0, 3),
            self.say.say(source, "small"),
        ]

    def rejected(self) -> Flow:
        """Which rule rejects how many, and who was rejected why."""
        word = self.word
        counts = [
            [
                in_language(count.title, self.language),
                count.limit,
                word["required"] if count.required else word["advice"],
                *(f"{number:,}" for number in (count.fails, count.unknowns, count.passes)),
            ]
            for count in rule_counts(self.result)
        ]
        head = [word[key] for key in ("rule", "limit", "required", "fails", "unknowns", "passes")]
        head[2] = f"{word['required']}/{word['advice']}"
        rows = self._rejected_rows()
        out: Flow = [
            *self._heading("kills"),
            self._table(head, counts, (0.3, 0.16, 0.18, 0.12, 0.12, 0.12), (3, 4, 5)),
            Spacer(0, 3),
            self.say.say(in_language(kills_most(self.result), self.language)),
        ]
        if rows:
            out += self._heading("rejected_table")
            shown = self._table(
                [word["id"], word["name"], word["rejections"]], rows[:MOST_REJECTED], (0.16, 0.28, 0.56)
            )
            out.append(shown)
            if len(rows) > MOST_REJECTED:
                out.append(self.say.say(word["more_rows"].format(count=len(rows) - MOST_REJECTED), "small"))
        return out

    def left_over(self) -> Flow:
        """Allowed places that were not chosen, and what the best of them would add."""
        candidates = self.result.candidates.reset_index(drop=True)
        taken = [site.row for site in self.result.chosen]
        left = candidates[candidates["would_add"].notna()].drop(index=taken)
        if not len(left):
            return []
        best = left.sort_values("would_add", ascending=False, kind="stable").head(MOST_NEXT)
        rows = [[str(row.site_id), str(row.site_name), f"{row.would_add:.1%}"] for row in best.itertuples()]
        word = self.word
        return [
            *self._heading("not_chosen"),
            self.say.say(word["not_chosen_line"].format(count=len(left))),
            self._table([word["id"], word["next_best"], word["would_add"]], rows, (0.2, 0.6, 0.2), (2,)),
        ]

    def fairness(self) -> Flow:
        """Walking distances and capacity before and after."""
        word = self.word
        rows = [row_in(row, self.language) for row in fairness_rows(self.result)]
        if not rows:
            return []
        shown = self._table([word["figure"], word["before"], word["after"]], rows, (0.6, 0.2, 0.2), (1, 2))
        return [KeepTogether([self.say.say(word["fairness"], "heading"), shown])]

    def confidence(self) -> Flow:
        """How stable the choice is, its ties, and the proved bound."""
        word, params, solved = self.word, self.result.params.confidence, self.result.solution
        again = [site.again for site in self.result.chosen]
        stable = word["stable_line"].format(low=min(again), mean=sum(again) / len(again))
        bound = word["bound_line"].format(
            objective=solved.objective,
            bound=solved.bound,
            gap=solved.gap,
            method=solved.method,
            seconds=solved.wall_s,
        )
        drawn = word["confidence_line"].format(people=params.people_share, draws=params.draws)
        lines = [drawn, word["block_line"].format(block=params.block_m), stable]
        lines += [*stability_lines(self.result), self._ties(), bound]
        title = self.say.say(word["confidence"], "heading")
        return [KeepTogether([title, *[self.say.say(line, "bullet") for line in lines]])]

    def limits(self) -> Flow:
        """What this result cannot say."""
        keys = ["limit_felt", "limit_hour", "limit_unknown", "limit_night"]
        if self.result.distances == "straight":
            keys.insert(2, "limit_straight")
        title = self.say.say(self.word["limits"], "heading")
        return [KeepTogether([title, *[self.say.say(self.word[key], "bullet") for key in keys]])]

    def _heading(self, key: str) -> Flow:
        """A heading that does not stand alone at the end of a page."""
        return [CondPageBreak(100), self.say.say(self.word[key], "heading")]

    def _question(self) -> list[str]:
        result, word = self.result, self.word
        asked = word["asked_line"].format(
            candidates=len(result.candidates), count=asked_count(result), radius=result.params.radius_m
        )
        aim = word.get(f"aim_{result.params.aim}")
        return [
            asked,
            *([aim] if aim else []),
            word["load_line"].format(reference=result.reference_C),
            word["distance_line"].format(kind=word[result.distances]),
        ]

    def _repairs_fit(self) -> bool:
        """Whether the notes find room on the cover."""
        rows = len(sources(self.result)) + min(len(self.result.chosen), MOST_ON_COVER)
        return len(self.result.notes) + len(self.notes) + rows <= MOST_LINES_ON_COVER

    def rest(self) -> Flow:
        """What found no room on the cover."""
        return [] if self._repairs_fit() else self.repairs()

    def repairs(self) -> Flow:
        """What was repaired in the data and what is to be known of them."""
        told = [note_in(note, self.language) for note in (*self.result.notes, *self.notes)]
        title = self.say.say(self.word["repaired"], "subheading")
        lines = [self.say.say(text, "small") for text in told or [self.word["none"]]]
        return [title, *lines]

    def _chosen_row(self, site: ChosenSite) -> list[str]:
        facts = site.facts
        surface = self.word["not_known"]
        if not math.isnan(facts.surface_C):
            error = "" if math.isnan(facts.sigma_K) else f" ± {facts.sigma_K:.1f}"
            surface = f"{facts.surface_C:.1f}{error}"
        return [
            site.name or site.id,
            rank_text(site),
            f"{facts.people:,.0f}",
            f"{facts.share:.1%}",
            surface,
            f"{site.again:.0%}",
        ]

    def _verdict(self, verdict: RuleVerdict) -> str:
        if verdict.value is None:
            return self.word["unknown"]
        key = {Verdict.PASS: "passes", Verdict.FAIL: "fails"}[verdict.verdict]
        number = f"{verdict.value:,.0f}" if abs(verdict.value) >= 100 else f"{verdict.value:.3g}"
        return f"{self.word[key]} {number} {verdict.rule.unit}".strip()

    def _rejected_rows(self) -> list[list[str]]:
        table_ = self.result.candidates
        rows = []
        for at, verdicts in enumerate(self.result.verdicts):
            reasons = rejections(verdicts, self.language)
            if reasons:
                rows.append(
                    [
                        str(table_["site_id"].iloc[at]),
                        str(table_["site_name"].iloc[at]),
                        "; ".join(reasons),
                    ]
                )
        return rows

    def _ties(self) -> str:
        by_id = {site.id: site for site in self.result.chosen}
        pairs = {frozenset((site.id, other)) for site in by_id.values() for other in site.tied_with}
        names = [
            " = ".join(by_id[one].name or one if one in by_id else one for one in sorted(pair))
            for pair in sorted(pairs, key=sorted)
        ]
        return self.word["ties_line"].format(ties="; ".join(names)) if names else self.word["no_ties"]

    def _heat_when(self) -> str:
        if self.heat_times is None:
            return self.word["heat_when_unknown"]
        start, end = (self._moment(moment) for moment in self.heat_times)
        return self.word["heat_when"].format(when=start if start == end else f"{start} – {end}")

    def _moment(self, moment: dt.datetime) -> str:
        local = moment.astimezone(self._zone())
        return f"{self.day(moment)} {local:%H:%M} {local.tzname()}"

    def _zone(self) -> dt.tzinfo:
        from gis.siting.out.sources import KST

        return KST if self.language == "ko" or self.result.heat.crs in KOREAN else dt.UTC

    def _table(
        self, head: list[str], rows: list[list[str]], shares: tuple[float, ...], numbers: tuple[int, ...] = ()
    ) -> Any:
        return table(self.say, head, rows, [share * self.width_pt for share in shares], numbers=numbers)


KOREAN = frozenset(f"EPSG:{code}" for code in (5174, 5179, 5181, 5183, 5185, 5186, 5187, 5188))


def _limit(text: str) -> str:
    return text.replace(" and ", ", ")
