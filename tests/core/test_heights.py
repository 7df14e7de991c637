import pytest

from core.geo import Altitude, Datum, LonLat
from core.heights import HeightSources, UnknownHeightError

HERE = LonLat(127.11, 37.37)
ALL = HeightSources(home_m=30.0, ground=lambda _: 42.0, undulation=lambda _: 23.5)


@pytest.mark.parametrize("datum", list(Datum))
@pytest.mark.parametrize("to", list(Datum))
def test_every_conversion_has_its_inverse(datum, to):
    start = Altitude(100.0, datum)
    there = ALL.convert(start, HERE, to)
    assert there.datum is to
    assert ALL.convert(there, HERE, datum).value_m == pytest.approx(100.0)


def test_the_numbers_are_those_of_the_sketch():
    start = Altitude(80.0, Datum.HOME)  # 110 m above the sea
    assert ALL.convert(start, HERE, Datum.GEOID).value_m == 110.0
    assert ALL.convert(start, HERE, Datum.GROUND).value_m == 68.0
    assert ALL.convert(start, HERE, Datum.ELLIPSOID).value_m == 133.5


@pytest.mark.parametrize(
    ("datum", "word"), [(Datum.HOME, "take-off"), (Datum.GROUND, "DEM"), (Datum.ELLIPSOID, "geoid")]
)
def test_what_is_not_known_is_refused_by_name(datum, word):
    with pytest.raises(UnknownHeightError, match=word):
        HeightSources().convert(Altitude(1.0, datum), HERE, Datum.GEOID)
