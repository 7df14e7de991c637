"""The tables of the flight document as plain text, the same for PDF and HTML."""

from missions.document.facts import FlightFacts
from missions.document.words import RULES_KO, Language
from missions.finding import Finding, Verdict

Row = tuple[str, str]
SHOWN_FINDINGS = 6
SHOWN_ZONES, LONGEST_NAME = 3, 20


def plan_rows(facts: FlightFacts, lang: Language) -> list[Row]:
    """Who flies what, when, how high and how far."""
    mass = lang["not_known"] if facts.mass_kg is None else f"{facts.mass_kg:.1f} kg"
    place = f"{facts.home.lat:.6f}, {facts.home.lon:.6f}"
    return [
        (lang["plan"], f"{facts.name} ({facts.items})"),
        (lang["mark"], facts.mark),
        (lang["aircraft"], facts.aircraft or lang["not_known"]),
        (lang["mass"], mass),
        (lang["time"], lang.span(facts.start, facts.end)),
        (lang["duration"], lang.seconds(None if facts.cost is None else facts.cost.duration_s)),
        (lang["distance"], lang.metres(facts.distance_m)),
        (lang["energy"], _energy(facts, lang)),
        (lang["home"], place),
        (lang["elevation"], lang.metres(facts.home_elevation_m)),
        (lang["top_home"], lang.metres(facts.top_over_home_m)),
        (lang["top_ground"], lang.metres(facts.top_over_ground_m)),
        (lang["top_sea"], lang.metres(facts.top_over_sea_m)),
        (lang["zones_met"], _zones(facts, lang)),
    ]


def _zones(facts: FlightFacts, lang: Language) -> str:
    """Zones that the path meets, with the numbers of permits for them."""
    if facts.zones_met is None:
        return lang["not_known"]
    met = [(_short(name), _short(number)) for name, number in facts.zones_met]
    named = [f"{name} ({lang['permit']} {number})" if number else name for name, number in met]
    rest = len(named) - SHOWN_ZONES
    more = [f"+{rest}"] if rest > 0 else []
    return ", ".join([*named[:SHOWN_ZONES], *more]) or lang["none"]


def _short(name: str) -> str:
    """A name that leaves room for the others."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _energy(facts: FlightFacts, lang: Language) -> str:
    if facts.cost is None or facts.flyable_Wh is None:
        return lang["not_known"]
    return f"{facts.cost.energy_Wh:.0f} / {facts.flyable_Wh:.0f} Wh ({lang['of_usable']})"


def volume_rows(facts: FlightFacts, lang: Language) -> list[Row]:
    """How much room it needs round its path."""
    sizes = facts.sizes
    names = ("geography", "contingency", "contingency_up", "ground_risk")
    values: tuple[float | None, ...] = (None,) * 4
    if sizes is not None:
        values = (
            sizes.geography_half_width_m, sizes.contingency_m, sizes.contingency_above_m, sizes.ground_risk_m
        )  # fmt: skip
    return [(lang[name], lang.metres(value, 1)) for name, value in zip(names, values, strict=True)]


def check_rows(facts: FlightFacts, lang: Language) -> list[Row]:
    """What failed and what is unknown, failures first; one line says how many passed."""
    bad = [f for f in facts.findings if f.verdict is not Verdict.PASS]
    bad.sort(key=lambda f: f.verdict is Verdict.UNKNOWN)
    good = len(facts.findings) - len(bad)
    rows = [(lang[f.verdict.value], _said(f, lang)) for f in bad[:SHOWN_FINDINGS]]
    if len(bad) > SHOWN_FINDINGS:
        rows.append(("", lang["more"].format(n=len(bad) - SHOWN_FINDINGS)))
    return [*rows, (str(good), lang["passed"] if bad else lang["all_good"])]


def _said(finding: Finding, lang: Language) -> str:
    """The finding in its own words, or in Korean as the rule, its number and limit."""
    where = "" if finding.item is None or finding.item < 0 else f" ({lang['item']} {finding.item + 1})"
    if lang.code != "ko":
        return f"{finding.rule}: {finding.message}{where}"
    rule = RULES_KO.get(finding.rule, finding.rule)
    if finding.verdict is Verdict.UNKNOWN:
        return f"{rule}: {lang['no_input']}{where}"
    if finding.value is None or finding.limit is None:
        return f"{rule}{where}"
    return f"{rule}: {finding.value:.4g} ({lang['limit']} {finding.limit:.4g}){where}"


def blank_rows(lang: Language) -> list[Row]:
    """Lines to be filled in by hand."""
    return [(lang[key], "") for key in ("operator", "pilot", "observer", "phone", "permit", "signature")]
