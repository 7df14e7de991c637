"""Missions made by hypothesis: every command that is used here, all frames, fences and rally points."""

import math

from hypothesis import strategies as st

from core.geo import Altitude, Datum, LonLat
from missions.model import Command, Fence, FenceCircle, FencePolygon, Home, Mission, MissionItem, RallyPoint

ZERO = (0.0, 0.0, 0.0, 0.0)
places = st.builds(
    LonLat,
    st.floats(126.0, 128.0).map(lambda v: round(v, 9)),
    st.floats(36.0, 38.0).map(lambda v: round(v, 9)),
)
heights = st.floats(1.0, 400.0).map(lambda v: round(v, 3))
small = st.floats(0.1, 60.0).map(lambda v: round(v, 3))
speeds = st.floats(0.5, 20.0).map(lambda v: round(v, 2))


def altitudes(*datums):
    return st.builds(Altitude, heights, st.sampled_from(datums))


def first(strategy):
    return strategy.map(lambda v: (v, 0.0, 0.0, 0.0))


def items(*datums, numbers=20):
    """One item of any kind, its heights over one of `datums`; jumps lead to the first `numbers` items."""
    up = altitudes(*datums)
    at = (places, up)
    yaw = st.just((0.0, 0.0, 0.0, math.nan))
    gripper = st.tuples(st.just(1.0), st.sampled_from([0.0, 1.0])).map(lambda p: (*p, 0.0, 0.0))
    winch = st.tuples(st.just(1.0), st.just(1.0), small, st.just(0.5))
    jump = st.tuples(st.integers(1, numbers).map(float), st.just(2.0)).map(lambda p: (*p, 0.0, 0.0))
    pitch = first(st.sampled_from([-90.0, -45.0, 0.0]))
    return st.one_of(
        st.builds(MissionItem, st.just(Command.NAV_WAYPOINT), first(small) | yaw | st.just(ZERO), *at),
        st.builds(MissionItem, st.just(Command.NAV_SPLINE_WAYPOINT), first(small), *at),
        st.builds(MissionItem, st.just(Command.NAV_LOITER_TIME), first(small), *at),
        st.builds(MissionItem, st.just(Command.NAV_LOITER_TURNS), first(st.just(2.0)), *at),
        st.builds(MissionItem, st.just(Command.DO_SET_ROI_LOCATION), st.just(ZERO), *at),
        st.builds(MissionItem, st.just(Command.DO_SET_ROI_NONE)),
        st.builds(MissionItem, st.just(Command.DO_CHANGE_SPEED), speeds.map(lambda v: (1.0, v, -1.0, 0.0))),
        st.builds(MissionItem, st.just(Command.CONDITION_YAW), first(small)),
        st.builds(MissionItem, st.just(Command.CONDITION_DELAY), first(small)),
        st.builds(MissionItem, st.just(Command.NAV_DELAY), first(small)),
        st.builds(
            MissionItem, st.just(Command.DO_SET_CAM_TRIGG_DIST), small.map(lambda v: (v, 0.0, 1.0, 0.0))
        ),
        st.just(MissionItem(Command.DO_SET_CAM_TRIGG_DIST)),
        st.builds(MissionItem, st.just(Command.DO_MOUNT_CONTROL), pitch, extra=st.just((0.0, 0.0, 2.0))),
        st.just(MissionItem(Command.DO_DIGICAM_CONTROL, extra=(1.0, 0.0, 0.0))),
        st.builds(MissionItem, st.just(Command.DO_GRIPPER), gripper),
        st.builds(MissionItem, st.just(Command.DO_WINCH), winch),
        st.builds(MissionItem, st.just(Command.DO_JUMP), jump),
    )


def corner_rings():
    return st.lists(places, min_size=3, max_size=6).map(tuple)


fences = st.builds(
    Fence,
    st.lists(st.builds(FencePolygon, corner_rings(), st.booleans()), max_size=2).map(tuple),
    st.lists(st.builds(FenceCircle, places, small, st.booleans()), max_size=2).map(tuple),
    st.none() | places,
)
rallies = st.lists(st.builds(RallyPoint, places, altitudes(Datum.HOME)), max_size=2).map(tuple)
homes = st.builds(Home, places, st.none() | heights)


@st.composite
def missions(draw, *datums):
    """Take off, one to twelve items, and back; fence and rally points now and then."""
    home = draw(homes)
    middle = draw(st.lists(items(*(datums or tuple(Datum)[:1]), numbers=3), min_size=1, max_size=12))
    take_off = MissionItem(Command.NAV_TAKEOFF, position=home.position, altitude=draw(altitudes(Datum.HOME)))
    ends = [MissionItem(Command.NAV_RETURN_TO_LAUNCH), MissionItem(Command.NAV_LAND)]
    found = (take_off, *middle, draw(st.sampled_from(ends)))
    return Mission(
        home, found, draw(fences), draw(rallies), name=draw(st.sampled_from(["", "공원 3"])),
        cruise_ms=draw(speeds), hover_ms=draw(speeds),
    )  # fmt: skip
