import json
from datetime import UTC, datetime

import pytest
from shapely.geometry import box, mapping

from core.errors import BadFileError
from core.geo import Altitude, Datum
from missions.airspace import Zone, ZoneKind, keep_out, parse_time, read_zones

SQUARE = box(127.10, 37.36, 127.12, 37.38)


def write(path, *rows, geometry=SQUARE):
    features = [{"type": "Feature", "properties": r, "geometry": mapping(geometry)} for r in rows]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def test_every_property_is_read(tmp_path):
    row = {
        "name": "서울공항 관제권",
        "kind": "control",
        "floor_m": 0,
        "floor_datum": "ground",
        "ceiling_m": 1000,
        "ceiling_datum": "geoid",
        "from": "2025-01-01T00:00:00+09:00",
        "until": "2025-12-31T23:59:59+09:00",
        "source": "AIP",
    }
    (zone,) = read_zones(write(tmp_path / "공역.geojson", row))
    assert (zone.name, zone.kind, zone.source) == ("서울공항 관제권", ZoneKind.CONTROL, "AIP")
    assert zone.floor == Altitude(0.0, Datum.GROUND)
    assert zone.ceiling == Altitude(1000.0, Datum.GEOID)
    assert zone.valid_from == datetime(2024, 12, 31, 15, tzinfo=UTC)
    assert zone.polygon.equals(SQUARE)


def test_what_is_not_said_is_unbounded_and_closed(tmp_path):
    (zone,) = read_zones(write(tmp_path / "z.geojson", {}))
    assert (zone.kind, zone.floor, zone.ceiling, zone.valid_from) == (ZoneKind.NO_FLY, None, None, None)
    assert zone.active(None) is True
    assert keep_out((zone,), 100.0, None) == [zone]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"kind": "military"}, "military"),
        ({"ceiling_m": 100}, "ceiling_datum"),
        ({"floor_m": 1, "floor_datum": "home"}, "floor_datum"),
        ({"from": "2025-01-01 09:00"}, "zone"),
        ({"until": "tomorrow"}, "ISO"),
        ({"kind": "ceiling"}, "ceiling_m"),
    ],
)
def test_bad_property_is_refused_by_name(tmp_path, row, problem):
    with pytest.raises(BadFileError, match=problem) as caught:
        read_zones(write(tmp_path / "z.geojson", {"name": "P-73", **row}))
    assert "P-73" in str(caught.value)


def test_dates_need_a_time_to_be_judged():
    zone = Zone("축제", ZoneKind.TEMPORARY, SQUARE, valid_until=datetime(2025, 5, 5, tzinfo=UTC))
    assert zone.active(None) is None
    assert zone.active(datetime(2025, 5, 4, tzinfo=UTC)) is True
    assert zone.active(datetime(2025, 5, 6, tzinfo=UTC)) is False
    assert keep_out((zone,), 50.0, None) == [zone]
    assert keep_out((zone,), 50.0, datetime(2025, 5, 6, tzinfo=UTC)) == []


def test_zone_high_above_does_not_close_the_ground():
    high = Zone("R-75", ZoneKind.RESTRICTED, SQUARE, floor=Altitude(300.0, Datum.GROUND))
    assert keep_out((high,), 100.0, None) == []
    assert keep_out((high,), 299.0, None) == [high]


def test_height_over_sea_level_cannot_be_compared_and_counts_as_closed():
    zone = Zone("R-75", ZoneKind.RESTRICTED, SQUARE, floor=Altitude(300.0, Datum.GEOID))
    assert keep_out((zone,), 100.0, None) == [zone]


def test_short_zone_of_a_time_is_understood():
    assert parse_time("2025-06-01T09:00+09") == datetime(2025, 6, 1, tzinfo=UTC)
