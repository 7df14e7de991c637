import pytest

from gis.vector import read_area, read_layer

pytestmark = pytest.mark.shared_data


def test_real_districts_keep_their_korean_names(shared_data):
    districts = read_layer(shared_data / "gis/seongnam/BND_ADM_DONG_PG.shp")
    assert len(districts) == 50
    assert {"정자동", "정자1동", "신흥1동"} <= set(districts["ADM_NM"])


def test_real_city_is_one_area_of_142_square_kilometres(shared_data):
    city = read_area(shared_data / "gis/seongnam/BND_ADM_DONG_PG.shp")
    frame = read_layer(shared_data / "gis/seongnam/BND_ADM_DONG_PG.shp").to_crs(5186)
    assert frame.geometry.area.sum() == pytest.approx(141.8e6, rel=0.01)
    assert city.bounds == pytest.approx((127.0277, 37.3334, 127.1958, 37.4748), abs=1e-3)
