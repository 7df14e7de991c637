import csv
import json

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from click.testing import CliRunner

from core.errors import BadFileError, SkyshadeError
from gis.siting.choose import SitingInputs, SitingParams, choose_sites
from gis.siting.confidence import ConfidenceParams
from gis.siting.config import siting_params
from gis.siting.report import write_outputs

FEW = ConfidenceParams(draws=30)


def inputs(town, **more):
    return SitingInputs(town / "heat.tif", town / "수요.csv", town / "후보지.geojson", **more)


def everything(town):
    return inputs(
        town, existing=town / "기존.gpkg", walk=town / "보행로.geojson", buildings=town / "건물.gpkg"
    )


@pytest.fixture
def result(town):
    return choose_sites(everything(town), SitingParams(count=3, radius_m=150, confidence=FEW))


def test_the_corner_in_the_heat_is_chosen_first(result):
    best = result.candidates.geometry.iloc[result.chosen[0].row]
    assert (best.x, best.y) == (209_900, 530_300)
    assert [site.rank for site in result.chosen] == [1, 2, 3]
    assert result.solution.gap == 0.0


def test_scores_add_up_to_what_the_plan_covers(result):
    demand = result.demand
    gained = (demand["load_person_K"] * (demand["cover_after"] - demand["cover_before"])).sum()
    assert sum(site.score for site in result.chosen) == pytest.approx(gained)


def test_a_narrow_sidewalk_is_rejected_with_its_reason_and_an_unknown_one_is_not(result):
    frame = result.candidates.set_index("site_name")
    assert frame.loc["교차로 <2>", "rejected"] == "sidewalk width 2 m, must be ≥ 3.5 m"
    assert frame.loc["교차로 <4>", "rejected"] == ""
    assert "sidewalk width: not known" in frame.loc["교차로 <4>", "unknown"]
    assert frame.loc["교차로 <2>", "rule_sidewalk_width"] == "fail"
    assert frame.loc["교차로 <4>", "rule_sidewalk_width"] == "unknown"


def test_a_candidate_beside_an_existing_place_is_rejected(result):
    frame = result.candidates.set_index("site_name")
    assert "distance to an existing place 5 m" in frame.loc["교차로 <8>", "rejected"]


def test_walking_gets_shorter_for_the_mean_and_the_worst_off(result):
    equity = result.equity
    assert equity["mean_m_after"] < equity["mean_m_before"]
    assert equity["p90_m_after"] <= equity["p90_m_before"]
    assert equity["within_after"] > equity["within_before"]


def test_roofs_change_what_is_hot_and_leaving_them_in_is_seen(town, result):
    with_roofs = choose_sites(inputs(town), SitingParams(count=3, radius_m=150, confidence=FEW))
    assert with_roofs.demand["surface_C"].max() == 70.0
    assert result.demand["surface_C"].max() < 43.0


def test_without_a_network_distances_are_straight_and_said(town):
    found = choose_sites(inputs(town), SitingParams(count=1, radius_m=150, confidence=FEW))
    assert found.distances == "straight"
    assert any("straight lines" in note for note in found.notes)
    assert "straight line, no walking network" in found.chosen[0].why


def test_people_whose_heat_is_unknown_are_counted_out_loud(town):
    frame = gpd.GeoDataFrame(
        {"인구": [50, 50]},
        geometry=gpd.points_from_xy([209_900, 215_000], [530_300, 530_300]),
        crs="EPSG:5186",
    )
    frame.to_file(town / "two.gpkg")
    found = choose_sites(
        SitingInputs(town / "heat.tif", town / "two.gpkg", town / "후보지.geojson"),
        SitingParams(count=1, confidence=FEW),
    )
    assert "1 of 2 demand points have unknown heat or people and weigh nothing" in found.notes
    assert np.isnan(found.demand["surface_C"][1])


def test_capacity_against_vulnerable_people_is_given_before_and_after(town):
    demand = (
        gpd.read_file(town / "후보지.geojson")
        .head(6)[["geometry"]]
        .assign(인구=50, seniors=[9, 1, 2, 1, 1, 1])
    )
    demand.to_file(town / "d.gpkg")
    gpd.read_file(town / "기존.gpkg").assign(이용가능인원=[30]).to_file(town / "e.gpkg")
    candidates = gpd.read_file(town / "후보지.geojson").assign(이용가능인원=20)
    candidates.to_file(town / "c.gpkg")
    found = choose_sites(
        SitingInputs(town / "heat.tif", town / "d.gpkg", town / "c.gpkg", existing=town / "e.gpkg"),
        SitingParams(count=1, radius_m=210, confidence=FEW),
    )
    before, after = (found.equity[f"capacity_vs_vulnerable_r_{when}"] for when in ("before", "after"))
    assert after > before


def test_zones_get_mean_percentile_and_what_is_unknown(town):
    zone = gpd.GeoDataFrame(
        {"동": ["정자동"]}, geometry=[shapely.box(209_750, 530_300, 209_850, 530_400)], crs="EPSG:5186"
    )
    zone.to_file(town / "동.gpkg")
    found = choose_sites(inputs(town, zones=town / "동.gpkg"), SitingParams(count=1, confidence=FEW))
    assert found.zones["unknown_share"][0] == pytest.approx(0.5)
    assert 32 < found.zones["mean_C"][0] < found.zones["p90_C"][0] < 42


def test_equal_sites_share_a_rank(town):
    same = gpd.GeoDataFrame(
        {"인구": [10, 10]},
        geometry=gpd.points_from_xy([209_900, 209_900], [530_320, 530_280]),
        crs="EPSG:5186",
    )
    same.to_file(town / "d.gpkg")
    spots = gpd.GeoDataFrame({"id": ["가", "나"]}, geometry=same.geometry, crs="EPSG:5186")
    spots.to_file(town / "c.gpkg")
    found = choose_sites(
        SitingInputs(town / "heat.tif", town / "d.gpkg", town / "c.gpkg"),
        SitingParams(count=2, radius_m=10, confidence=FEW),
    )
    ranks = {site.id: site.rank for site in found.chosen}
    scores = [site.score for site in found.chosen]
    assert scores[0] == pytest.approx(scores[1], rel=0.02)
    assert found.chosen[0].tied_with == (found.chosen[1].id,)
    assert set(ranks) == {"가", "나"}


def test_outputs_open_in_a_map_program_and_in_a_spreadsheet(result, tmp_path):
    out = write_outputs(result, tmp_path / "결과 폴더")
    layers = {str(name) for name, _ in pyogrio.list_layers(out.gpkg)}
    assert layers >= {"chosen", "candidates", "demand", "existing"}
    assert out.csv.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(out.csv.read_text(encoding="utf-8-sig").splitlines()))
    assert len(rows) == 9
    assert [row["rank"] for row in rows[:4]] == ["1", "2", "3", ""]
    assert all(row["why"] for row in rows[:3])
    assert any("must be" in row["rejected"] for row in rows[3:])
    assert "교차로 <" not in out.map.read_text(encoding="utf-8")
    names = sorted(p.name for p in out.map.parent.iterdir())
    assert names == ["item.json", "map.html", "parquet", "report.pdf", "sites.csv", "sites.gpkg", "styles"]


def test_a_cell_that_looks_like_a_formula_stays_text():
    from gis.siting.report import spreadsheet_text

    assert spreadsheet_text('=HYPERLINK("http://x")') == '\'=HYPERLINK("http://x")'
    assert [spreadsheet_text(t) for t in ("-3", "+82", "교차로", "")] == ["-3", "+82", "교차로", ""]


def test_when_every_candidate_breaks_a_rule_the_one_that_rejects_most_is_named(town):
    (town / "r.toml").write_text(
        '[ruleset]\nname="a"\nversion="1"\nsource="s"\ndate="2021"\n'
        '[[rule]]\nid="w"\ntitle="도로 폭"\ncolumns=["도로폭"]\nleast=50',
        encoding="utf-8",
    )
    with pytest.raises(
        SkyshadeError, match=r"도로 폭 ≥ 50 rejects 9 of 9\); the first one: 도로 폭 8, must be ≥ 50"
    ):
        choose_sites(inputs(town, rules=town / "r.toml"), SitingParams(confidence=FEW))


def test_demand_on_cool_ground_only_is_refused_with_the_way_out(town):
    with pytest.raises(SkyshadeError, match=r"hotter than 90\.0 C; set reference_C lower"):
        choose_sites(inputs(town), SitingParams(reference_C=90.0, confidence=FEW))


def test_a_column_that_is_not_there_is_named_with_those_that_are(town):
    with pytest.raises(BadFileError, match=r"수요\.csv: has no column '노인'; it has 인구, 위도, 경도"):
        choose_sites(inputs(town), SitingParams(people="노인", confidence=FEW))


def test_a_config_file_sets_every_parameter_and_options_win(tmp_path):
    path = tmp_path / "설정.toml"
    path.write_text(
        "[siting]\ncount = 9\nradius_m = 250\n[siting.exposure]\npercentile = 75\n"
        "[siting.confidence]\ndraws = 20\n",
        encoding="utf-8",
    )
    found = siting_params(path, {"count": 2})
    assert (found.count, found.radius_m, found.exposure.percentile, found.confidence.draws) == (
        2,
        250,
        75,
        20,
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[siting]\ncuont = 1", "unknown keys cuont"),
        ("[siting]\ncount = 0", "count must be at least 1, got 0"),
        ("[siting]\ncount = 'x'", "count must be a number, got 'x'"),
        ("[siting.exposure]\nradius = 1", "\\[siting.exposure\\] has unknown keys radius"),
        ("[other]", r"no \[siting\] table"),
        ("siting", "is no TOML"),
    ],
)
def test_a_broken_config_file_is_named_with_its_problem(tmp_path, text, problem):
    path = tmp_path / "설정.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadFileError, match=problem):
        siting_params(path, {})


def test_the_command_prints_one_json_object_with_the_promised_keys(town, tmp_path):
    from skyshade.cli.sites import command

    run = CliRunner().invoke(
        command,
        ["choose", "--heat", str(town / "heat.tif"), "--demand", str(town / "수요.csv"),
         "--candidates", str(town / "후보지.geojson"), "--walk", str(town / "보행로.geojson"),
         "--count", "2", "--radius-m", "150", "--lang", "ko", "-o", str(tmp_path / "out"), "--json"],
        catch_exceptions=False,
    )  # fmt: skip
    assert run.exit_code == 0
    found = json.loads(run.stdout)
    assert {"chosen", "objective", "bound", "gap", "equity", "map", "gpkg", "csv"} <= set(found)
    assert {"id", "rank", "rank_low", "rank_high", "score", "why"} <= set(found["chosen"][0])
    assert "보행 거리" in found["chosen"][0]["why"]


def test_a_covering_instance_without_a_radius_is_wrong_usage(tmp_path):
    from skyshade.cli.sites import command

    (tmp_path / "a.txt").write_text("1\n0 0 1\n")
    run = CliRunner().invoke(command, ["solve", str(tmp_path / "a.txt"), "--problem", "mclp", "--count", "1"])
    assert run.exit_code == 2
    assert "--radius-m" in run.output


def test_an_allowed_place_that_was_not_chosen_says_what_it_would_add(town, result):
    left = result.candidates[result.candidates["would_add"].notna()]
    assert set(left.index) == {row for row, text in enumerate(result.candidates["rejected"]) if not text}
    assert left["would_add"][[site.row for site in result.chosen]].max() == pytest.approx(0.0)
    more = choose_sites(everything(town), SitingParams(count=4, radius_m=150, confidence=FEW))
    gained = (more.solution.objective - result.solution.objective) / result.demand["load_person_K"].sum()
    assert left["would_add"].max() == pytest.approx(gained, abs=1e-9)
