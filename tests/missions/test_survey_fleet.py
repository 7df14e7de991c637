"""Several aircraft at once: equal shares, starts that keep them apart, and the times said."""

import json
from dataclasses import replace
from itertools import combinations, pairwise

import geopandas
import pytest
import shapely
from click.testing import CliRunner
from shapely.geometry import box

from core.geo import LocalFrame, LonLat
from missions.cameras import load_camera
from missions.formats import read_plan
from missions.model import Home
from missions.route import to_degrees
from missions.survey import SurveyParams, plan_survey
from missions.survey.fleet import meetings_of
from missions.volumes.tube import flight_volumes
from skyshade.cli.survey import command

FRAME = LocalFrame(LonLat(127.11, 37.37))
FIELD = to_degrees(box(0, 0, 400, 250), FRAME)


def surveyed(folder, count):
    geopandas.GeoDataFrame({"n": [0]}, geometry=[FIELD], crs="EPSG:4326").to_file(
        folder / "f.geojson", engine="pyogrio"
    )
    wishes = ("--camera", "M3T", "--gsd-m", 0.12, "--aircraft-count", count)
    args = ("plan", folder / "f.geojson", *wishes, "-o", folder / "f.plan", "--json")
    return CliRunner().invoke(command, [str(a) for a in args])


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("여럿")
    result = surveyed(folder, 3)
    assert result.exit_code == 0, f"{result.output} {result.exception}"
    return json.loads(result.stdout)


def test_each_aircraft_gets_a_like_share_and_all_is_seen(shared):
    assert shared["proved"]
    assert shared["coverage"]["missed"] == 0
    assert {s["aircraft"] for s in shared["sorties"]} == {1, 2, 3}
    seconds = [s["duration_s"] for s in shared["sorties"]]
    assert max(seconds) <= 1.3 * min(seconds)


def test_the_written_plans_started_as_said_never_come_near_each_other(shared):
    params = SurveyParams(gsd_m=0.12)
    tubes = []
    for sortie in shared["sorties"]:
        plan = read_plan(sortie["path"])
        known = replace(plan, home=Home(plan.home.position, 0.0))
        tubes.append(flight_volumes(known, params.aircraft, sortie["start_s"]))
    assert not any(a.meets(b) for one, other in combinations(tubes, 2) for a in one for b in other)


def test_from_one_launch_the_second_waits_and_they_fly_at_the_same_time(shared):
    starts = sorted(s["start_s"] for s in shared["sorties"])
    assert starts[0] == 0.0
    assert starts[1] > 0.0
    assert starts[1] < 0.7 * min(s["duration_s"] for s in shared["sorties"])


def test_without_the_delay_the_proof_finds_the_meeting():
    params = SurveyParams(gsd_m=0.12, aircraft_count=2)
    camera = load_camera("M3T")
    made = plan_survey(FIELD, camera, FRAME.place(5, 5), params)
    assert meetings_of(made.sorties, params) == 0
    together = [replace(s, start_s=0.0) for s in made.sorties]
    assert meetings_of(together, params) > 0


def test_an_aircraft_flies_again_only_after_its_battery_is_changed():
    params = SurveyParams(gsd_m=0.05, aircraft_count=2)
    made = plan_survey(FIELD, load_camera("M3T"), FRAME.place(5, 5), params)
    assert len(made.sorties) > 2
    assert len(made.sorties) % 2 == 0
    for craft in (1, 2):
        own = sorted((s for s in made.sorties if s.aircraft == craft), key=lambda s: s.start_s)
        for before, after in pairwise(own):
            assert after.start_s >= before.start_s + before.duration_s + 300.0
    assert shapely.is_valid(made.target)


def test_no_aircraft_at_all_is_refused(tmp_path):
    result = surveyed(tmp_path, 0)
    assert result.exit_code == 2
    assert "aircraft_count must be 1 to 20" in result.output
