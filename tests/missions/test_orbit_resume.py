"""An orbit that lost photographs: they are named, and only their arcs are flown again."""

import numpy as np
import pytest
from shapely.geometry import box

from core.geo import LocalFrame, LonLat
from missions.aircraft import load_aircraft
from missions.cameras import load_camera
from missions.route import to_degrees
from missions.survey import SurveyParams
from missions.survey.orbit import OrbitWishes, orbit_plan, set_up, whole_rings
from missions.survey.record import OrbitRecord, SurveyRecord, read_record, write_record
from missions.survey.resume import resume_survey

FRAME = LocalFrame(LonLat(127.11, 37.37))
CAMERA = load_camera("M3T")
PARAMS = SurveyParams(0.06, side=0.5, aircraft=load_aircraft("sitl-quad"))
POINT = (FRAME.place(0, 0), OrbitWishes(radius_m=30.0))
TOWER = (to_degrees(box(0, 0, 15, 15), FRAME), OrbitWishes(top_m=45.0))


def planned(what):
    subject, wishes = what
    stage = set_up(subject, CAMERA, None, PARAMS, wishes)
    plan = orbit_plan(whole_rings(stage), stage, CAMERA, PARAMS)
    names = tuple(f"o-{n}.plan" for n in range(len(plan.sorties)))
    return plan, SurveyRecord(
        stage.target, CAMERA, stage.home, PARAMS, names, orbit=OrbitRecord(subject, wishes)
    )


@pytest.fixture(scope="module", params=[POINT, TOWER], ids=["point", "tower"])
def orbit(request):
    return planned(request.param)


def resumed(orbit, keep):
    plan, record = orbit
    shots = [shot for sortie in plan.sorties for shot in sortie.shots]
    taken = [shot for number, shot in enumerate(shots) if keep(number, len(shots))]
    return resume_survey(record, [s.mission for s in plan.sorties], taken)


def test_a_whole_orbit_leaves_nothing(orbit):
    rest = resumed(orbit, lambda _n, _all: True)
    assert rest.plan is None
    assert rest.lost == ()
    assert rest.before.coverage.fraction == 1.0


def test_an_orbit_cut_at_a_third_is_completed(orbit):
    rest = resumed(orbit, lambda n, all_: n < all_ / 3)
    assert rest.before.missed > 0
    assert rest.plan.proved, rest.plan.proof.faults
    whole, again = (sum(len(s.shots) for s in p.sorties) for p in (orbit[0], rest.plan))
    assert again < 0.67 * whole + 6


def test_lost_photographs_of_an_orbit_are_named_and_only_they_are_flown(orbit):
    gone = {5, 6, 20}
    rest = resumed(orbit, lambda n, _all: n not in gone)
    assert {lost.number - 1 for lost in rest.lost} == gone
    assert rest.plan.proved, rest.plan.proof.faults
    (sortie,) = rest.plan.sorties
    assert len(sortie.shots) <= len(gone) + 4
    frame = LocalFrame(rest.lost[0].shot.lonlat)
    for lost in rest.lost:
        apart = [
            np.hypot(*np.subtract(frame.point(s.lonlat), frame.point(lost.shot.lonlat))) for s in sortie.shots
        ]
        assert min(apart) < 1.5


def test_no_photograph_at_all_is_the_whole_orbit_again(orbit):
    rest = resumed(orbit, lambda _n, _all: False)
    assert rest.taken == 0
    assert rest.plan.proved, rest.plan.proof.faults


@pytest.mark.parametrize("what", [POINT, TOWER], ids=["point", "tower"])
def test_the_record_of_an_orbit_comes_back_as_it_was(tmp_path, what):
    subject, wishes = what
    area = TOWER[0]
    path = tmp_path / "첨탑.survey.json"
    write_record(
        SurveyRecord(
            area, CAMERA, FRAME.place(-40, 0), PARAMS, ("o.plan",), orbit=OrbitRecord(subject, wishes)
        ),
        path,
    )
    back = read_record(path).orbit
    assert back.wishes == wishes
    assert back.subject == subject if isinstance(subject, LonLat) else back.subject.equals(subject)
