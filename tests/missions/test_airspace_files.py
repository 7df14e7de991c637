"""Zone files as people have them, and hours that repeat."""

import json
import math
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import geopandas
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Polygon, box, mapping

from core.errors import BadFileError, UnknownNameError
from core.geo import Altitude, Datum, LocalFrame, LonLat
from missions.airspace import ZoneKind, read_zone_file, read_zones
from missions.dailyhours import DailyHours, parse_hours

SQUARE = box(127.10, 37.36, 127.12, 37.38)
NOON = datetime(2025, 6, 2, 3, tzinfo=UTC)  # Monday noon in Seoul


def write(path, row, geometry=SQUARE):
    feature = {"type": "Feature", "properties": row, "geometry": mapping(geometry)}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    return path


def only(tmp_path, row, geometry=SQUARE):
    (zone,) = read_zones(write(tmp_path / "공역 z.geojson", row, geometry))
    return zone


@pytest.mark.parametrize(
    ("row", "floor", "ceiling"),
    [
        ({"lower": "SFC", "upper": "4 000 ft AGL"}, (0.0, Datum.GROUND), (1219.2, Datum.GROUND)),
        ({"lower": "500ft AMSL", "upper": "UNL"}, (152.4, Datum.GEOID), None),
        ({"lower_limit": 100, "lower_uom": "M", "lower_ref": "MSL"}, (100.0, Datum.GEOID), None),
        ({"상한고도": 300, "상한기준": "지면"}, None, (300.0, Datum.GROUND)),
        (
            {"prh_lbl_1": "P", "prh_lbl_2": "10 000 AMSL", "prh_lbl_3": "GND"},
            (0, Datum.GROUND), (3048, Datum.GEOID),
        ),
    ],
)  # fmt: skip
def test_floors_and_ceilings_are_read_as_they_are_written(tmp_path, row, floor, ceiling):
    zone = only(tmp_path, row)
    for got, wanted in ((zone.floor, floor), (zone.ceiling, ceiling)):
        assert (got is None) is (wanted is None)
        if wanted is not None:
            assert got.value_m == pytest.approx(wanted[0])
            assert got.datum is wanted[1]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"ceiling": "FL 120"}, "pressure height"),
        ({"ceiling": 120, "ceiling_uom": "ft", "upper_uom": "FL", "upper_ref": "STD"}, "pressure height"),
        ({"ceiling_m": 120}, "needs ceiling_datum"),
        ({"ceiling": "120 ft"}, "needs ceiling_datum"),
        ({"ceiling_m": 1e9, "ceiling_datum": "ground"}, "is no height"),
        ({"ceiling_m": "high", "ceiling_datum": "ground"}, "number of metres"),
        ({"floor_m": 200, "floor_datum": "AGL", "ceiling_m": 100, "ceiling_datum": "AGL"}, "not above its"),
        ({"lower": "UNL", "upper": "GND"}, "swapped"),
        ({"from": "2025-06-02T00:00:00Z", "until": "2025-06-01T00:00:00Z"}, "before it begins"),
        ({"hours": "09:00-18:00"}, "time zone"),
        ({"hours": "late", "tz": "Asia/Seoul"}, "09:00-18:00"),
        ({"hours": "09:00-18:00", "tz": "Mars/Base"}, "not known"),
        ({"hours": "09:00-18:00", "tz": "+09:00", "days": "fun"}, "mon-fri"),
    ],
)  # fmt: skip
def test_a_zone_that_could_mean_two_things_is_refused_with_its_name(tmp_path, row, said):
    with pytest.raises(BadFileError, match=said) as caught:
        only(tmp_path, {"name": "R-75", **row})
    assert "R-75" in str(caught.value)
    assert "공역 z.geojson" in str(caught.value)


def test_a_polygon_that_crosses_itself_is_refused_with_the_place(tmp_path):
    bow = Polygon([(127.1, 37.3), (127.2, 37.4), (127.2, 37.3), (127.1, 37.4)])
    with pytest.raises(BadFileError, match=r"Bow: .*crosses itself at 127\.15, 37\.35"):
        only(tmp_path, {"name": "Bow"}, bow)


def test_a_polygon_wound_the_other_way_is_the_same_area(tmp_path):
    zone = only(tmp_path, {"name": "CW"}, Polygon(list(SQUARE.exterior.coords)[::-1]))
    assert zone.polygon.equals(SQUARE)


def test_longitude_and_latitude_swapped_are_noticed(tmp_path):
    with pytest.raises(BadFileError, match="stand latitude first"):
        only(tmp_path, {"name": "S"}, box(37.36, 127.10, 37.38, 127.12))


@pytest.mark.parametrize("name", ["z.gpkg", "z.kml"])
def test_other_formats_hold_the_same_zone(tmp_path, name):
    row = {"name": "관제권", "kind": "control", "ceiling": "300 m AGL"}
    frame = geopandas.GeoDataFrame([row], geometry=[SQUARE], crs=4326)
    frame.to_file(tmp_path / name, driver="KML" if name.endswith("kml") else "GPKG")
    (zone,) = read_zones(tmp_path / name)
    assert (zone.name, zone.polygon.equals_exact(SQUARE, 1e-9)) == ("관제권", True)
    assert zone.ceiling == Altitude(300.0, Datum.GROUND)
    assert zone.kind is ZoneKind.CONTROL


def test_the_packaged_zones_of_korea_say_that_they_are_not_authoritative():
    found = read_zone_file("korea")
    assert "not authoritative" in found.notes[0]
    control = next(z for z in found.zones if z.kind is ZoneKind.CONTROL)
    frame = LocalFrame(LonLat(127.113056, 37.445556))
    radii = [math.hypot(*frame.point(LonLat(*xy))) for xy in control.polygon.exterior.coords]
    assert min(radii) == pytest.approx(9260, abs=5)
    assert all(z.source for z in found.zones)
    with pytest.raises(UnknownNameError, match="korea"):
        read_zones("atlantis")


SEOUL = DailyHours(time(9), time(18), "Asia/Seoul", frozenset(range(5)))


@given(st.integers(0, 14 * 24 * 60), st.integers(1, 40 * 60), st.booleans())
def test_hours_agree_with_asking_every_minute(start_min, length_min, night):
    hours = DailyHours(time(21), time(5, 30), "Asia/Seoul", SEOUL.days) if night else SEOUL
    start = NOON + timedelta(minutes=start_min)
    minutes = [start + timedelta(minutes=m) for m in range(length_min + 1)]

    def oracle(moment):
        local = moment.astimezone(ZoneInfo("Asia/Seoul"))
        day, clock = local.weekday(), local.time()
        if not night:
            return day in hours.days and time(9) <= clock < time(18)
        evening, morning = clock >= time(21), clock < time(5, 30)
        return (evening and day in hours.days) or (morning and (day - 1) % 7 in hours.days)

    said = [oracle(m) for m in minutes]
    assert [hours.holds(m) for m in minutes] == said
    assert hours.meets(start, minutes[-1]) is any(said)
    assert hours.covers(start, minutes[-2 if length_min > 1 else -1]) in (all(said[:-1]), all(said))


def test_a_zone_with_hours_counts_while_no_time_is_given(tmp_path):
    zone = only(tmp_path, {"hours": "0900-1800", "timezone": "Asia/Seoul", "days": "월-금"})
    assert zone.active(None) is True
    assert zone.active(NOON) is True
    assert zone.active(NOON + timedelta(hours=8)) is False
    assert zone.active(NOON - timedelta(hours=4), NOON) is True
    assert zone.active(NOON + timedelta(days=5)) is False


def test_hours_are_printed_as_they_are_read():
    assert str(parse_hours("9:00~18:00", "+09:00", "mon-fri")) == "09:00-18:00 +09:00 mon,tue,wed,thu,fri"


def test_metres_are_not_taken_for_degrees(tmp_path):
    with pytest.raises(BadFileError, match="coordinates such as 0, 0 are not degrees"):
        only(tmp_path, {"name": "M"}, box(0, 0, 300, 200))
