"""A corridor along a line (a stream, a road, a power line): lanes beside it, bends and all."""

import numpy as np
import shapely
from shapely.geometry import LineString

from core.camera import Camera
from core.errors import SkyshadeError
from core.geo import FloatArray, LocalFrame, LonLat
from missions.route import to_degrees
from missions.survey.corridorlanes import Lane, lay_lanes, serpentine
from missions.survey.params import SurveyParams, SurveyPlan
from missions.survey.plan import Site, planned, survey_site
from missions.survey.shooting import Shooting, shooting

SIMPLIFIED_SHARE = 0.05  # of a picture's width: bends finer than this are not flown


def plan_corridor(
    line: LineString, width_m: float, camera: Camera, home: LonLat, params: SurveyParams
) -> SurveyPlan:
    """Plan flights that photograph all ground within half of `width_m` of `line` (lon/lat).

    Legs stay inside the corridor grown by `params.margin_m`. Raises `SkyshadeError` as `plan_survey` does.
    """
    if not width_m > 0:
        raise ValueError(f"width_m must be > 0, got {width_m}")
    shots = shooting(camera, params)
    frame = LocalFrame(home)
    way = _way(line, frame, shots)
    area = shapely.LineString(way).buffer(width_m / 2, cap_style="flat", join_style="mitre", mitre_limit=2.0)
    site = survey_site(to_degrees(area, frame), home, shots, params)
    return planned([lanes_of(way, width_m, site, shots)], site, camera, shots, params)


def lanes_of(way: FloatArray, width_m: float, site: Site, shots: Shooting) -> list[Lane]:
    """The corridor's lanes in flying order."""
    lanes = lay_lanes(way, width_m, site.ground.working, shots.swath)
    if not lanes:
        raise SkyshadeError("no lane of the corridor may be flown", hint="give --margin-m, or fewer zones")
    return serpentine(lanes, (0.0, 0.0))


def _way(line: LineString, frame: LocalFrame, shots: Shooting) -> FloatArray:
    """The line in metres, without bends too fine to fly; raises `SkyshadeError` for one without length."""
    places = np.asarray(line.coords)[:, :2]
    metres = shapely.LineString(frame.to_local(places[:, 0], places[:, 1]))
    if metres.length < 1.0:
        raise SkyshadeError(f"the line is {metres.length:.2f} m long", hint="draw it at least a metre long")
    return np.asarray(metres.simplify(SIMPLIFIED_SHARE * shots.swath.across_m).coords)
