"""Aims, weights and the frontier through the whole choice on a made town, and what its files may say."""

import json

import geopandas as gpd
import numpy as np
import pytest
from click.testing import CliRunner

from core.errors import BadFileError, SkyshadeError
from gis.siting.choicejson import choice_json, choice_lines
from gis.siting.choose import SitingInputs, SitingParams, choose_sites
from gis.siting.confidence import ConfidenceParams
from gis.siting.config import siting_params
from gis.siting.doubts import settings_of
from gis.siting.instances import read_instance, solve_instance
from gis.siting.problem import read_problem
from skyshade.cli.sites import command

QUICK = ConfidenceParams(draws=20, units=False)


def inputs(town, **more):
    files = {"candidates": town / "후보지.geojson", **more}
    return SitingInputs(town / "heat.tif", town / "수요.csv", **files)


def chosen(town, **params):
    return choose_sites(inputs(town), SitingParams(radius_m=150, confidence=QUICK, **params))


def test_the_fewest_sites_cover_what_all_of_them_cover(standing_town):
    fewest = chosen(standing_town, aim="fewest")
    everyone = chosen(standing_town, count=len(fewest.chosen), aim="cover")
    assert fewest.solution.objective == fewest.solution.bound == len(fewest.chosen)
    covered = (fewest.demand["load_person_K"] * fewest.demand["cover_after"]).sum()
    assert covered == pytest.approx(everyone.solution.objective)
    assert everyone.candidates["would_add"].max() == pytest.approx(0.0, abs=1e-12)


def test_each_aim_is_best_at_what_it_aims_for(standing_town):
    plans = {aim: chosen(standing_town, count=2, aim=aim) for aim in ("cover", "median", "center")}

    def load_metres(plan):
        return (plan.demand["load_person_K"] * plan.demand["nearest_after_m"]).sum()

    def longest(plan):
        return plan.demand["nearest_after_m"][plan.demand["load_person_K"] > 0].max()

    least = min(load_metres(plan) for plan in plans.values())
    assert load_metres(plans["median"]) == pytest.approx(least)
    assert longest(plans["center"]) == min(longest(plan) for plan in plans.values())
    assert plans["median"].solution.objective == pytest.approx(load_metres(plans["median"]))
    assert plans["center"].solution.objective == pytest.approx(longest(plans["center"]))
    assert all(plan.solution.gap == 0 for plan in plans.values())


def test_places_without_room_serve_nobody(standing_town, tmp_path):
    rooms = gpd.read_file(standing_town / "후보지.geojson")
    rooms["이용가능인원"] = [0] * 4 + [60] * (len(rooms) - 4)
    rooms.to_file(tmp_path / "c.gpkg")
    params = SitingParams(count=2, radius_m=150, aim="capacity", confidence=QUICK)
    found = choose_sites(inputs(standing_town, candidates=tmp_path / "c.gpkg"), params)
    assert all(site.row >= 4 for site in found.chosen)
    assert found.solution.objective <= 120 * found.demand.eval("load_person_K / demand_people").max()
    assert found.solution.bound == pytest.approx(found.solution.objective)


def test_capacity_without_a_column_for_it_is_refused_with_the_way_out(standing_town):
    with pytest.raises(SkyshadeError, match=r"후보지\.geojson: has no column of capacities.*capacity = "):
        chosen(standing_town, count=2, aim="capacity")


def test_more_sites_than_are_allowed_are_refused_with_both_numbers(standing_town):
    with pytest.raises(SkyshadeError, match=r"40 sites were asked for, \d of 9 candidates are allowed"):
        chosen(standing_town, count=40)


def test_along_the_frontier_cover_is_given_up_for_shorter_ways(standing_town):
    found = chosen(standing_town, count=3, frontier=4)
    first, *others = found.frontier
    assert first.solution is found.solution
    assert others
    for before, after in zip(found.frontier, others, strict=False):
        assert after.worst_m < before.worst_m
        assert after.solution.objective <= before.solution.objective + 1e-9
        assert after.equity["p90_m_after"] == pytest.approx(after.worst_m)
    assert len(choice_lines(found)) >= len(found.frontier) + 1


def test_judged_weights_stand_beside_those_from_the_data(standing_town, tmp_path):
    (tmp_path / "s.toml").write_text(
        "[siting]\ncount = 2\nradius_m = 150\n[siting.confidence]\ndraws = 10\nunits = false\n"
        '[siting.weights]\ncriteria = ["heat", "people", "unserved"]\n'
        "judgements = [[1, 2, 4], [0.5, 1, 2], [0.25, 0.5, 1]]\n",
        encoding="utf-8",
    )
    found = choose_sites(inputs(standing_town), siting_params(tmp_path / "s.toml", {}))
    told = {one["name"]: one for one in choice_json(found)["weights"]}
    assert set(told) == {"judged", "entropy", "component", "even"}
    assert told["judged"]["weights"] == {"heat": 0.5714, "people": 0.2857, "unserved": 0.1429}
    assert told["judged"]["consistency_ratio"] == pytest.approx(0.0, abs=1e-9)
    assert set(told["even"]["ranks"]) == {site.id for site in found.chosen}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("aim = 'best'", "aim must be one of cover, capacity, fewest, median, center, got 'best'"),
        ("share = 0", r"share must be in \(0, 1\], got 0"),
        ("people = 3", "people must be a text, got 3"),
        ("[siting.confidence]\nunits = 1", "units must be true or false, got 1"),
        ("[siting.confidence]\nold_share = -1", "old_share must not be negative"),
        ("[siting.confidence]\ntie_share = 0.5", r"tie_share must be in \[0, 0.5\)"),
        ("[siting.weights]\ncriteria = 'heat'", "criteria must be a list, got 'heat'"),
        ("[siting.weights]\ncriteria = ['heat', 'rent']", "criteria are heat, people, .*got 'rent'"),
        (
            "[siting.weights]\ncriteria = ['heat', 'old']\njudgements = [[1, 3], [3, 1]]",
            "'heat' to 'old' is 3, so the other way round must be 0.333, got 3",
        ),
    ],
)
def test_a_wrong_choice_in_the_config_is_named(tmp_path, text, problem):
    path = tmp_path / "s.toml"
    path.write_text(f"[siting]\n{text}", encoding="utf-8")
    with pytest.raises(BadFileError, match=problem):
        siting_params(path, {})


def test_other_units_hold_the_same_people_and_none_is_coarser_than_the_radius(standing_town):
    problem = read_problem(inputs(standing_town), SitingParams(radius_m=120))
    own, *others = settings_of(problem)
    assert len(others) == 4  # squares of 100 and 50 m, shifted ones, hexagons; none of 200 m
    assert all(one.people.sum() == pytest.approx(own.people.sum()) for one in others)
    assert len({len(one.people) for one in others}) > 1


def test_the_command_shows_the_frontier_and_how_sure_it_is(standing_town, tmp_path):
    (tmp_path / "s.toml").write_text("[siting]\n[siting.confidence]\ndraws = 10\n", encoding="utf-8")
    run = CliRunner().invoke(
        command,
        ["choose", "--heat", str(standing_town / "heat.tif"), "--demand", str(standing_town / "수요.csv"),
         "--candidates", str(standing_town / "후보지.geojson"), "--count", "2", "--radius-m", "150",
         "--frontier", "3", "--config", str(tmp_path / "s.toml"), "-o", str(tmp_path / "out"), "--json"],
        catch_exceptions=False,
    )  # fmt: skip
    assert run.exit_code == 0, run.output
    found = json.loads(run.stdout)
    assert found["aim"] == "cover"
    assert found["confidence"]["draws"] == 10
    assert len(found["confidence"]["stability"]) == 2
    assert {"sites", "objective", "bound", "gap", "worst_m", "equity"} <= set(found["frontier"][0])


def test_an_instance_with_a_demand_that_cannot_be_names_the_point(tmp_path):
    for demand in ("-4", "nan"):
        (tmp_path / "점.txt").write_text(f"2\n0 0 1\n5 0 {demand}\n", encoding="utf-8")
        with pytest.raises(BadFileError, match=rf"점\.txt: point 2: demand must be at least 0, got {demand}"):
            read_instance(tmp_path / "점.txt")
    (tmp_path / "점.txt").write_text("2\n0 0 1\ninf 0 1\n", encoding="utf-8")
    with pytest.raises(BadFileError, match="point 1: its place is not known"):
        read_instance(tmp_path / "점.txt")


def test_the_fewest_sites_of_an_instance_need_no_count(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("4\n0 0 1\n1 0 1\n10 0 1\n11 0 1\n")
    found = solve_instance(path, "setcover", 1, radius_m=1.5)
    assert (found.objective, found.bound) == (2.0, 2.0)
    run = CliRunner().invoke(command, ["solve", str(path), "--problem", "setcover", "--radius-m", "1.5"])
    assert run.exit_code == 0
    missing = CliRunner().invoke(command, ["solve", str(path), "--problem", "pmedian"])
    assert (missing.exit_code, "--problem pmedian needs --count" in missing.output) == (2, True)


def test_a_large_instance_is_searched_while_it_is_bounded():
    from gis.siting.covering import solve_mclp
    from gis.siting.coverrows import cover_rows

    rng = np.random.default_rng(4)
    metres = np.linalg.norm(rng.uniform(0, 100, (4000, 1, 2)) - rng.uniform(0, 100, (120, 2)), axis=2)
    demand, site = np.nonzero(metres <= 12)
    rows = cover_rows(rng.integers(1, 9, 4000).astype(float), site, demand, np.ones(len(site)), sites=120)
    found = solve_mclp(rows, 10, seconds=60)
    assert found.objective <= found.bound
    assert found.gap < 0.05
