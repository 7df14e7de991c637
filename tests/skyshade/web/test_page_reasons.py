import dataclasses
import json
import re
from importlib.resources import files

import pytest
from fakes.delivering import LAWN

from core.wind import Wind
from delivery.model import Hazard, Item
from delivery.reasons import Rule
from delivery.service import set_things

WORDS = json.loads(files("skyshade.web").joinpath("page/reasons.json").read_text(encoding="utf-8"))
HOLE = re.compile(r"\{(\w+)\}")


@pytest.mark.parametrize("rule", Rule)
@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_rule_can_be_told_in_both_languages_whatever_is_known(rule, language):
    wrong, cure = WORDS[f"{rule.value}."][language]
    assert wrong
    assert cure
    assert not HOLE.search(wrong + cure)


def test_both_languages_tell_the_same_numbers():
    for name, texts in WORDS.items():
        holes = {language: sorted(set(HOLE.findall(" ".join(said)))) for language, said in texts.items()}
        assert set(holes) == {"ko", "en"}
        assert holes["ko"] == holes["en"], name


def test_korean_is_korean_and_english_is_not():
    hangul = re.compile(r"[\uac00-\ud7a3]")
    for name, texts in WORDS.items():
        assert all(hangul.search(said) for said in texts["ko"]), name
        assert not any(hangul.search(said) for said in texts["en"]), name


def told(reason):
    """A reason's words in Korean with its facts, as the page fills them in."""
    facts = reason["facts"]
    for name in (f"{reason['rule']}.{facts.get('case')}", reason["rule"], f"{reason['rule']}."):
        if name in WORDS:
            return " ".join(WORDS[name]["ko"]).format_map(facts)
    raise AssertionError(reason)


@pytest.mark.parametrize(
    ("change", "item", "rule", "said"),
    [
        ({}, "anvil", "mass", "30"),
        ({"wind": Wind(17.0, 270.0)}, "coffee", "weather", "17"),
        ({"wind": None}, "coffee", "unknown", "바람"),
        ({"zones": None}, "coffee", "unknown", "하늘"),
        ({"terrain": None}, "coffee", "unknown", "땅"),
        ({"closed": True}, "coffee", "closed", None),
        ({"occupied": True}, "coffee", "occupied", None),
        ({}, "gas", "hazard", "부탄가스"),
        ({}, "cake", "hazard", "깨지기"),
    ],
)
def test_a_refusal_by_the_service_fills_its_words(served, change, item, rule, said):
    goods = [
        Item("gas", "부탄가스", 0.3, hazards=(Hazard.FLAMMABLE,)),
        Item("cake", "케이크", 0.3, hazards=(Hazard.FRAGILE,)),
    ]
    place = {k: v for k, v in change.items() if k in {"closed", "occupied"}}
    set_things(served.desk.store, [*goods, dataclasses.replace(LAWN, **place)], served.clock)
    day = {k: v for k, v in change.items() if k not in place}
    served.desk.conditions = lambda: dataclasses.replace(served.conditions, **day)
    reasons = refused(served, item)
    (found,) = [r for r in reasons if r["rule"] == rule]
    if said is not None:
        assert said in told(found)


def refused(served, item, **wish):
    headers = {"X-API-Key": served.keys["customer"], "Idempotency-Key": "0123456789abcdef"}
    asked = {"point": LAWN.id, "lines": [{"item": item, "count": 1}], **wish}
    answer = served.client.post("/api/v1/orders", json=asked, headers=headers).json()
    assert answer["state"] == "refused", answer
    assert {r["rule"] for r in answer["reasons"]} <= {rule.value for rule in Rule}
    return answer["reasons"]


def test_a_refusal_tells_the_hours_and_the_time(served):
    served.clock.sleep(6 * 3600.0)
    (hours,) = [r for r in refused(served, "coffee") if r["rule"] == "hours"]
    assert hours["facts"] == {"place": LAWN.name, "hours": "11:00-17:00", "time": "18:00"}
    assert "18:00" in told(hours)


def test_an_unknown_day_is_not_told_as_a_fleet_that_is_taken(served):
    served.desk.conditions = lambda: dataclasses.replace(served.conditions, zones=None, terrain=None)
    assert {r["rule"] for r in refused(served, "coffee")} == {"unknown"}


def test_facts_are_the_same_after_the_log_is_replayed(served):
    refused(served, "anvil")
    (order,) = served.desk.world().orders.values()
    assert dict(order.facts[order.rules.index("mass")]) == {"mass_kg": 30.0, "most_kg": 3.0}
    assert served.desk.store.check() == []
