import math
from pathlib import Path

import pandas as pd
import pytest

from core.errors import BadFileError, UnknownNameError
from gis.siting.rules import (
    Rule,
    RuleSet,
    Verdict,
    deadliest,
    judge,
    nothing_feasible,
    parse_rules,
    read_rules,
    rejections,
    shipped_rules,
    unknowns,
)

HEAD = '[ruleset]\nname = "a"\nversion = "1"\nsource = "s"\ndate = "2021-06-01"\n'


def rules(*made):
    return RuleSet("a", "a", "1", "s", "2021", tuple(made))


WIDTH = Rule("w", "보도 폭", columns=("보도폭", "width"), least=3.5, unit="m", title_en="sidewalk width")


def test_a_value_within_the_limits_passes_ends_included():
    rule = Rule("x", "x", columns=("x",), least=1.0, most=2.0)
    sites = pd.DataFrame({"x": [0.999, 1.0, 2.0, 2.001]})
    assert [v[0].verdict.value for v in judge(rules(rule), sites, {})] == ["fail", "pass", "pass", "fail"]


def test_what_is_missing_is_unknown_and_neither_passes_nor_rejects():
    for sites in (
        pd.DataFrame({"보도폭": [None]}),
        pd.DataFrame({"다른": [1.0]}),
        pd.DataFrame({"보도폭": ["?"]}),
    ):
        (verdicts,) = judge(rules(WIDTH), sites, {})
        assert verdicts[0].verdict is Verdict.UNKNOWN
        assert rejections(verdicts) == []
        assert unknowns(verdicts, "ko") == ["보도 폭: 미확인, 기준 ≥ 3.5 m"]


def test_a_rejection_names_the_value_and_the_limit():
    (verdicts,) = judge(rules(WIDTH), pd.DataFrame({"WIDTH": [2.1]}), {})
    assert rejections(verdicts) == ["sidewalk width 2.1 m, must be ≥ 3.5 m"]


def test_advice_that_fails_does_not_reject():
    advice = Rule("d", "d", columns=("d",), most=10.0, required=False)
    (verdicts,) = judge(rules(advice), pd.DataFrame({"d": [99.0]}), {})
    assert verdicts[0].verdict is Verdict.FAIL
    assert rejections(verdicts) == []


def test_a_number_of_the_layer_wins_over_what_was_measured():
    rule = Rule("d", "d", columns=("d",), measure="distance", least=10.0)
    sites = pd.DataFrame({"d": [5.0, None, None]})
    found = judge(rules(rule), sites, {"distance": [50.0, 20.0, math.nan]})
    assert [v[0].verdict.value for v in found] == ["fail", "pass", "unknown"]


def test_the_shipped_rules_say_where_and_when_they_come_from():
    found = shipped_rules()
    assert (found.name, found.date) == ("canopy_korea", "2021-06-01")
    limits = {rule.id: (rule.least, rule.most) for rule in found.rules}
    assert limits["road_width"] == (4.0, None)
    assert limits["sidewalk_width"] == (3.5, None)
    assert limits["effective_sidewalk"] == (2.0, None)
    assert all(rule.source for rule in found.rules)
    assert {rule.id for rule in found.rules if rule.parameter} >= {"distance_to_crossing", "signal_wait"}


def test_rules_for_shelters_come_too_and_their_area_a_person_is_a_parameter():
    found = shipped_rules("shelter")
    area = next(rule for rule in found.rules if rule.id == "area_per_person")
    assert (area.least, area.parameter) == (3.3, True)
    with pytest.raises(UnknownNameError, match="known: canopy, shelter"):
        shipped_rules("fountain")


def test_yes_and_no_are_numbers_to_a_rule():
    rule = Rule("s", "s", columns=("시야확보",), least=1.0)
    found = judge(rules(rule), pd.DataFrame({"시야확보": ["Y", "무", "?", None]}), {})
    assert [v[0].verdict.value for v in found] == ["pass", "fail", "unknown", "unknown"]


def test_the_rule_that_rejects_most_is_named_first():
    narrow = Rule("n", "폭", columns=("a",), least=3.0, title_en="width")
    steep = Rule("s", "경사", columns=("b",), most=5.0, title_en="slope")
    advice = Rule("x", "x", columns=("a",), least=99.0, required=False)
    sites = pd.DataFrame({"a": [1.0, 1.0, 1.0, 9.0], "b": [9.0, 1.0, 1.0, 9.0]})
    verdicts = judge(rules(steep, narrow, advice), sites, {})
    assert [(rule.id, n, alone) for rule, n, alone in deadliest(verdicts)] == [("n", 3, 2), ("s", 2, 1)]
    error = nothing_feasible(Path("후보.csv"), verdicts)
    assert "width ≥ 3 rejects 3, slope ≤ 5 rejects 2 of 4" in str(error)
    assert "rule 'n'" in str(error)


def test_a_rule_file_with_a_mark_is_read(tmp_path):
    path = tmp_path / "기준.toml"
    path.write_text(HEAD + '[[rule]]\nid = "w"\ncolumns = ["폭"]\nleast = 3', encoding="utf-8-sig")
    assert read_rules(path).rules[0].limit == "≥ 3"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[ruleset", "is no TOML"),
        ("[[rule]]\nid = 'x'", r"no \[ruleset\] or no \[\[rule\]\]"),
        ("[ruleset]\nname='a'\n[[rule]]\nid='x'", "lacks version, source, date"),
        (HEAD + "[[rule]]\nleast = 1", "rule 1 has no id"),
        (HEAD + "[[rule]]\nid='x'\ncolumns=['c']", "has no limit"),
        (HEAD + "[[rule]]\nid='x'\nleast=1", "neither columns nor a measure"),
        (HEAD + "[[rule]]\nid='x'\ncolumns=['c']\nleast=2\nmost=1", "least 2.0 is above most 1.0"),
        (HEAD + "[[rule]]\nid='x'\ncolumns=['c']\nlest=1", "unknown keys lest"),
        (HEAD + "[[rule]]\nid='x'\ncolumns=['c']\nleast='a'", "rule 1: could not convert"),
        (HEAD + 2 * "[[rule]]\nid='x'\ncolumns=['c']\nleast=1\n", "two rules with one id"),
    ],
)
def test_a_broken_rule_file_is_named_with_its_problem(tmp_path, text, problem):
    with pytest.raises(BadFileError, match=f"기준.toml.*{problem}"):
        parse_rules(text, tmp_path / "기준.toml")
