import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Polygon, box

from core.geo import LocalFrame, LonLat
from missions.cameras import load_camera
from missions.survey import SurveyParams
from missions.survey.plan import load_of, survey_site
from missions.survey.scan import sweep_seconds
from missions.survey.shooting import shooting
from missions.survey.splitting import cut_along, cuts, split
from missions.survey.sweep import cover, make_sweeper

FRAME = LocalFrame(LonLat(127.11, 37.37))
CAMERA = load_camera("M3T")
PARAMS = SurveyParams(gsd_m=0.10, margin_m=10.0)
L_SHAPE = box(0, 0, 600, 70).union(box(0, 0, 70, 600))
COMB = shapely.union_all([box(0, 0, 800, 60), *(box(x, 0, x + 60, 360) for x in (0, 370, 740))])
STAR = shapely.union_all(
    [
        LineString([(0, 0), (350 * np.cos(a), 350 * np.sin(a))]).buffer(38, cap_style="flat")
        for a in np.radians([18, 90, 162, 234, 306])
    ]
)
STREAM = LineString([(0, 0), (300, 400), (600, 0), (900, 400)]).buffer(
    38, cap_style="flat", join_style="mitre"
)


def sweeper_over(area, corner=(1.0, 1.0)):
    lonlat = shapely.transform(area, FRAME.to_lonlat)
    shots = shooting(CAMERA, PARAMS)
    site = survey_site(lonlat, FRAME.place(*corner), shots, PARAMS)
    return make_sweeper(site.ground, shots.swath, site.flyer, load_of(site, shots, PARAMS))


@pytest.mark.parametrize(
    ("area", "share", "angles"),
    [(L_SHAPE, 0.88, 2), (COMB, 0.995, 2), (STAR, 0.85, 4), (STREAM, 0.85, 2)],
    ids=["L", "comb", "star", "stream"],
)
def test_arms_are_swept_each_along_itself(area, share, angles):
    """Flown in at most this share of the best single direction's seconds."""
    made = sweeper_over(area)
    runs = cover(made.ground, made.swath, made.flyer, made.load)
    single = made.quickest([lay for lay in made.layouts() if len(lay) == 1])
    assert made.flown_s(runs) < share * made.flown_s(single)
    assert len({run.line.angle_deg for run in runs}) >= angles


def test_ground_without_jutting_corners_is_left_whole():
    made = sweeper_over(box(0, 0, 300, 300))
    assert split(made.ground.target, made.judged, made.pace) == []


@pytest.mark.parametrize("area", [L_SHAPE, COMB, STAR], ids=["L", "comb", "star"])
def test_cutting_is_estimated_quicker_and_loses_no_ground(area):
    made = sweeper_over(area)
    layouts = split(made.ground.target, made.judged, made.pace)
    quickest = min(sum(cell.seconds for cell in layout) for layout in layouts)
    whole = sweep_seconds(made.ground.target, np.arange(180.0), made.judged, made.pace).min()
    assert quickest < whole
    for layout in layouts:
        assert sum(c.ground.area for c in layout) == pytest.approx(made.ground.target.area, rel=1e-3)


def test_the_best_cut_of_an_l_saves_what_its_cells_are_less_high():
    """Huang's sum of altitudes by hand: one arm 70 m high and 600 m long, the other 70 m and 530 m."""
    best = max(cuts(L_SHAPE, 0.1), key=lambda cut: cut.saved_m)
    assert best.saved_m == pytest.approx(600.0 - 2 * 70.0)
    assert sorted(round(piece.area) for piece in cut_along(L_SHAPE, best)) == [530 * 70, 600 * 70]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_pieces_of_a_cut_fill_the_ground(seed, holed):
    rng = np.random.default_rng(seed)
    turns = np.sort(rng.uniform(0, 2 * np.pi, 9))
    radii = rng.uniform(60.0, 200.0, 9)
    area = Polygon(np.column_stack([radii * np.cos(turns), radii * np.sin(turns)])).buffer(0)
    if holed:
        area = area.difference(box(-15, -15, 15, 15))
    for ground in shapely.get_parts(area):
        for cut in sorted(cuts(ground, 1.0), key=lambda c: -c.saved_m)[:5]:
            pieces = cut_along(ground, cut)
            assert sum(p.area for p in pieces) == pytest.approx(ground.area, rel=1e-3)
            assert all(ground.buffer(0.01).contains(p) for p in pieces)
