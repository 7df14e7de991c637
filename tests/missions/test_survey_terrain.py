"""Surveys over uneven ground: height kept, climbs obeyed, altitudes in every frame, cliffs refused."""

import numpy as np
import pytest
from shapely.geometry import box

from core.errors import SkyshadeError
from core.geo import Datum, LocalFrame, LonLat
from missions.aircraft import load_aircraft
from missions.cameras import load_camera
from missions.model import Command
from missions.route import to_degrees
from missions.survey import SurveyParams, plan_survey
from missions.survey.rehearsal import rehearse
from missions.survey.terrainfollow import Surface, climbing_ms

FRAME = LocalFrame(LonLat(127.11, 37.37))
AREA = to_degrees(box(0, 0, 200, 140), FRAME)
M3T = load_camera("M3T")
CRAFT = load_aircraft("quad-4kg")


class Slope:
    """Ground that rises to the east by a share, with a swell on it."""

    def __init__(self, share, swell_m=0.0):
        self.share, self.swell_m = share, swell_m

    def heights_m(self, lon, lat):
        xy = FRAME.to_local(lon, lat)
        swell = self.swell_m * np.sin(xy[..., 0] / 25.0) * np.cos(xy[..., 1] / 30.0)
        return 50.0 + self.share * xy[..., 0] + swell


@pytest.fixture(scope="module")
def hilly():
    return plan_survey(AREA, M3T, FRAME.place(4, 4), SurveyParams(0.12, terrain=Slope(0.15, 4.0)))


def test_height_over_ground_is_kept_within_its_tolerance(hilly):
    air = hilly.proof.air
    assert hilly.proved, hilly.proof.faults
    assert air.lowest_m > hilly.height_m - 3.0
    assert air.highest_m < hilly.height_m + 3.0


def test_overlap_holds_over_uneven_ground(hilly):
    assert hilly.proof.along.least >= 0.79
    assert hilly.proof.across.least >= 0.69


def test_climbs_stay_within_what_the_aircraft_does(hilly):
    assert hilly.proof.air.climb_ms <= CRAFT.climb_ms + 0.05
    assert hilly.proof.air.descent_ms <= CRAFT.descent_ms + 0.05


def test_steep_legs_are_flown_slower():
    plan = plan_survey(AREA, M3T, FRAME.place(4, 4), SurveyParams(0.19, terrain=Slope(0.45), angle_deg=90.0))
    speeds = {
        i.params[1] for m in plan.sorties for i in m.mission.items if i.command == Command.DO_CHANGE_SPEED
    }
    assert min(speeds) < plan.speed_ms
    assert plan.proof.air.climb_ms <= CRAFT.climb_ms + 0.05
    assert plan.proof.air.descent_ms <= CRAFT.descent_ms + 0.05


def test_a_cliff_is_refused_with_its_slope():
    with pytest.raises(SkyshadeError, match=r"rises 50 m within 5 m.*climbs at 2\.5 m/s"):
        climbing_ms(((0, 0), 10.0), ((5, 0), 60.0), 8.0, CRAFT)


def test_flat_legs_keep_their_speed():
    assert climbing_ms(((0, 0), 10.0), ((50, 0), 11.0), 8.0, CRAFT) == 8.0


@pytest.mark.parametrize("datum", [Datum.HOME, Datum.GROUND, Datum.GEOID])
def test_every_frame_flies_at_the_same_heights(datum):
    ground = Slope(0.1)
    made = plan_survey(AREA, M3T, FRAME.place(4, 4), SurveyParams(0.15, terrain=ground, frame=datum))
    mission = made.sorties[0].mission
    written = {i.altitude.datum for i in mission.items if i.command == Command.NAV_WAYPOINT}
    assert written == {datum}
    views = rehearse(mission, ground)
    lonlat = FRAME.to_lonlat(np.array([FRAME.point(s.lonlat) for s in made.sorties[0].shots]))
    below = ground.heights_m(lonlat[:, 0], lonlat[:, 1]) - float(ground.heights_m(*mission.home.position.xy))
    assert np.abs(views.eyes[:, 2] - below - made.height_m).max() < 3.0


def test_a_leg_takes_no_more_points_than_the_ground_needs():
    surface = Surface(FRAME, 80.0, Slope(0.1), 3.0)
    assert len(surface.legs((0.0, 0.0), (1000.0, 0.0))) == 1
    assert len(Surface(FRAME, 80.0, Slope(0.1, 10.0), 3.0).legs((0.0, 0.0), (1000.0, 0.0))) > 10


def test_launches_at_other_heights_write_altitudes_over_their_own_home():
    places = (FRAME.place(4, 70), FRAME.place(1196, 70))
    params = SurveyParams(0.12, terrain=Slope(0.05), launches=places[1:])
    made = plan_survey(to_degrees(box(0, 0, 1200, 300), FRAME), M3T, places[0], params)
    homes = {round(FRAME.point(s.mission.home.position)[0]): s.mission for s in made.sorties}
    assert set(homes) == {4, 1196}
    assert homes[1196].home.elevation_m - homes[4].home.elevation_m == pytest.approx(59.6, abs=0.1)
    assert made.proved, made.proof.faults
