"""A fence made of a flight's own volumes holds the flight, with few enough corners for a vehicle."""

import json

from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point, Polygon, shape

from core.geo import Altitude, Datum, LocalFrame, LonLat
from missions.checks import case_of
from missions.finding import Verdict
from missions.formats import read_plan, write_plan
from missions.model import Command, Fence, FenceCircle, Home, Mission, MissionItem
from missions.space_checks import fence_findings
from missions.volumes.flightfence import MOST_CORNERS, fenced, flight_rings
from skyshade.cli.main import cli

FRAME = LocalFrame(LonLat(127.11, 37.37))


def plan(places, fence=None):
    points = [(0.0, 0.0), *places]
    items = tuple(
        MissionItem(
            Command.NAV_WAYPOINT if n else Command.NAV_TAKEOFF,
            position=FRAME.place(*xy),
            altitude=Altitude(50.0, Datum.HOME),
        )
        for n, xy in enumerate(points)
    )
    home = Home(FRAME.origin, 40.0)
    return Mission(home, (*items, MissionItem(Command.NAV_RETURN_TO_LAUNCH)), fence or Fence())


metres = st.integers(-2000, 2000).map(float)


@settings(max_examples=20, deadline=None)
@given(places=st.lists(st.tuples(metres, metres), min_size=1, max_size=25))
def test_the_fence_holds_the_plan_and_its_contingency_volume(places):
    mission = plan(places)
    rings = flight_rings(case_of(mission), 0.9, 50.0)
    made = fenced(mission, rings)
    (finding,) = fence_findings(case_of(made))
    assert finding.verdict is Verdict.PASS
    assert sum(len(p.corners) for p in made.fence.polygons) <= MOST_CORNERS
    (keep_in,) = [p for p in made.fence.polygons if p.inclusion]
    drawn = Polygon([FRAME.point(c) for c in keep_in.corners]).buffer(0.01)
    assert drawn.covers(rings.contingency)
    assert rings.ground_risk.covers(rings.contingency)
    assert rings.contingency.covers(rings.geography)


def test_keep_outs_of_the_plan_stay():
    out = FenceCircle(FRAME.place(500, 500), 20.0, inclusion=False)
    mission = plan([(300.0, 0.0)], Fence(circles=(out, FenceCircle(FRAME.origin, 5.0, inclusion=True))))
    made = fenced(mission, flight_rings(case_of(mission), 0.9, 50.0))
    assert made.fence.circles == (out,)


def test_the_command_writes_the_plan_and_the_outlines(tmp_path):
    source, out, volumes = (tmp_path / n for n in ("공원.plan", "울타리.plan", "용적.geojson"))
    write_plan(plan([(300.0, 0.0), (300.0, 300.0)]), source)
    args = ["mission", "fence", source, "-o", out, "--size-m", "0.9", "--geojson", volumes, "--wind-ms", "3"]
    done = CliRunner().invoke(cli, [*map(str, args), "--json"])
    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    corners = [p.corners for p in read_plan(out).fence.polygons if p.inclusion]
    assert answer["corners"] >= len(corners[0])
    features = json.loads(volumes.read_text(encoding="utf-8"))["features"]
    assert [f["properties"]["volume"] for f in features] == [
        "flight_geography", "contingency", "ground_risk_buffer",
    ]  # fmt: skip
    far = FRAME.place(300.0, 300.0)
    assert all(shape(f["geometry"]).contains(Point(*far.xy)) for f in features)
