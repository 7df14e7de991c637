"""The one-page flight document: letters embedded, numbers the plan's, nothing asked of a network."""

import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pypdf
import pytest
import shapely
from click.testing import CliRunner
from fontTools.ttLib import TTFont

from core.geo import Altitude, Datum, LocalFrame, LonLat
from core.wind import Wind
from gis.terrain import FlatTerrain
from missions.aircraft import load_aircraft
from missions.airspace import Zone, ZoneKind
from missions.checks import RULES, case_of, check_mission
from missions.document.facts import flight_facts
from missions.document.page import write_document_html
from missions.document.pdf import write_document_pdf
from missions.document.words import RULES_KO, WORDS, Language
from missions.formats import write_plan
from missions.model import Command, Fence, FencePolygon, Home, Mission, MissionItem, RallyPoint
from missions.permits import Permit
from missions.weather import Weather
from skyshade.cli.main import cli

HOME = LonLat(127.11, 37.37)
FRAME = LocalFrame(HOME)
NOON = datetime(2025, 6, 1, 3, 0, tzinfo=UTC)
CRAFT = load_aircraft("hexa-delivery")


def mission():
    def at(command, east, north, up=50.0):
        return MissionItem(command, position=FRAME.place(east, north), altitude=Altitude(up, Datum.HOME))

    corners = [FRAME.place(*xy) for xy in ((-80, -80), (1000, -80), (1000, 500), (-80, 500))]
    items = (
        at(Command.NAV_TAKEOFF, 0, 0),
        at(Command.NAV_WAYPOINT, 900, 400),
        at(Command.NAV_PAYLOAD_PLACE, 900, 400),
        MissionItem(Command.NAV_RETURN_TO_LAUNCH),
    )  # fmt: skip
    rally = (RallyPoint(FRAME.place(500, 200), Altitude(40.0, Datum.HOME)),)
    return Mission(Home(HOME, 41.0), items, Fence((FencePolygon(tuple(corners)),)), rally, name="잔디밭 배달")


def zone():
    area = shapely.transform(shapely.box(300, 300, 380, 380), FRAME.to_lonlat)
    return Zone("초등학교", ZoneKind.NO_FLY, area)


@pytest.fixture
def plan(tmp_path):
    path = tmp_path / "비행 계획.plan"
    write_plan(mission(), path)
    return path


def facts(plan, **known):
    told = {
        "aircraft": CRAFT,
        "wind": Wind(4.0, 270.0),
        "terrain": FlatTerrain(41.0),
        "zones": [zone()],
    } | known
    return flight_facts(case_of(mission(), at_time=NOON, payload_kg=2.0, **told), plan, size_m=1.5)


@pytest.mark.parametrize("code", ["ko", "en"])
def test_the_pdf_is_one_page_with_every_letter_embedded(plan, tmp_path, code):
    out = tmp_path / f"문서 {code}.pdf"
    write_document_pdf(facts(plan), out, Language(code))
    reader = pypdf.PdfReader(out)
    assert len(reader.pages) == 1
    page = reader.pages[0]
    text = page.extract_text()
    for wanted in (WORDS["title"][code == "en"], "잔디밭 배달", "hexa-delivery", "2025-06-01 12:00", "91 m"):
        assert wanted in text
    hangul = set(re.findall(r"[가-힣]", text))
    fonts = [f.get_object() for f in page["/Resources"]["/Font"].values()]
    files = [f["/FontDescriptor"]["/FontFile2"].get_data() for f in fonts if "/FontDescriptor" in f]
    assert files
    glyphs = sum(TTFont(io.BytesIO(data))["maxp"].numGlyphs for data in files)
    assert glyphs >= len(hangul) > (20 if code == "ko" else 3)


def test_the_html_asks_nobody_and_says_the_same(plan, tmp_path):
    out = tmp_path / "문서.html"
    write_document_html(facts(plan), out, Language("ko"))
    text = out.read_text(encoding="utf-8")
    assert not re.search(r"(src|href)=|url\(|@import|https?://", text.replace("http-equiv", ""))
    assert text.count("<svg") == 1
    for wanted in ("잔디밭 배달", "비행 구역 반폭", "2.2 m", "91 m", "비상 착륙"):
        assert wanted in text


def test_facts_are_those_of_the_plan(plan):
    found = facts(plan)
    assert found.top_over_home_m == 50.0
    assert found.top_over_ground_m == pytest.approx(50.0)
    assert found.top_over_sea_m == 91.0
    assert found.distance_m == pytest.approx(2 * (900**2 + 400**2) ** 0.5, rel=1e-6)
    assert found.mass_kg == CRAFT.mass_kg + 2.0
    assert (found.end - found.start).total_seconds() == pytest.approx(found.cost.duration_s)
    assert found.map.ground_risk.contains(found.map.contingency)
    assert found.map.contingency.contains(found.map.geography)


def test_what_is_not_given_is_not_known(plan):
    bare = flight_facts(case_of(mission()), plan)
    assert (bare.start, bare.end, bare.cost, bare.sizes, bare.aircraft) == (None, None, None, None, None)
    assert bare.top_over_ground_m is None


def test_names_that_look_like_markup_stay_names(plan, tmp_path):
    named = replace(facts(plan), name="<script>alert(1)</script> & co")
    write_document_html(named, tmp_path / "a.html", Language("en"))
    write_document_pdf(named, tmp_path / "a.pdf", Language("en"))
    assert "<script>" not in (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "<script>alert(1)" in pypdf.PdfReader(tmp_path / "a.pdf").pages[0].extract_text()


def test_every_rule_has_a_korean_name():
    fair = Weather(2.0, 0.0, gust_ms=4.0, visibility_m=9000, rain_mm_h=0, temperature_C=24, cloud_base_m=900)
    made = check_mission(
        mission(), weather=fair, at_time=NOON, aircraft=CRAFT, zones=[], terrain=FlatTerrain(0.0)
    )
    bare = check_mission(mission())
    assert len(RULES) > 10
    assert {f.rule for f in (*made, *bare)} <= RULES_KO.keys()


def test_the_command_writes_what_its_extension_says(plan, tmp_path):
    for name in ("서류 1.pdf", "서류 1.html"):
        done = CliRunner().invoke(
            cli, ["mission", "document", str(plan), "-o", str(tmp_path / name), "--json"]
        )
        assert done.exit_code == 0, done.stderr
        assert json.loads(done.stdout)["path"].endswith(name)
        assert (tmp_path / name).stat().st_size > 2000
    wrong = CliRunner().invoke(cli, ["mission", "document", str(plan), "-o", str(tmp_path / "a.docx")])
    assert wrong.exit_code == 2
    assert ".pdf or .html" in wrong.stderr


def test_zones_that_are_met_stand_in_it_with_the_number_of_their_permit(plan, tmp_path):
    control = replace(
        zone(),
        name="서울비행장관제권" * 4,
        kind=ZoneKind.CONTROL,
        polygon=shapely.transform(shapely.box(100, 0, 800, 400), FRAME.to_lonlat),
    )
    permit = Permit(control.name, NOON - timedelta(days=1), NOON + timedelta(days=1), number="서울-0132")
    crowd = [replace(control, name=f"공역 {n}", kind=ZoneKind.NO_FLY) for n in range(30)]
    out = tmp_path / "문서.pdf"
    found = facts(plan, zones=[control, *crowd], permits=(permit,), terrain=None)
    write_document_pdf(found, out, Language("ko"))
    reader = pypdf.PdfReader(out)
    assert len(reader.pages) == 1
    text = "".join(reader.pages[0].extract_text().split())
    assert "서울-0132" in text
    assert "서울비행장관제권" in text
    assert found.zones_met[1] == ("공역 0", "")
    assert facts(plan, zones=None).zones_met is None
