import geopandas as gpd
from shapely import LineString, box

from gis.siting.background import add_ground, background_frames, ground
from gis.siting.model import SitingInputs
from gis.webmap import WebMap


def test_the_ground_is_drawn_below_the_heat_in_the_maps_system(tmp_path):
    water, walk = tmp_path / "물.geojson", tmp_path / "길.geojson"
    gpd.GeoDataFrame({"name": ["탄천"]}, geometry=[box(127.10, 37.36, 127.11, 37.37)], crs=4326).to_file(
        water
    )
    gpd.GeoDataFrame(geometry=[LineString([(127.1, 37.36), (127.11, 37.37)])], crs=4326).to_file(walk)
    inputs = SitingInputs(tmp_path, tmp_path, tmp_path, walk=walk, water=water)
    frames = background_frames(inputs, "EPSG:5186")
    assert list(frames) == ["water", "walk"]
    assert frames["water"].crs.to_epsg() == 5186
    assert 190_000 < frames["water"].total_bounds[0] < 230_000
    page = WebMap("지도", (127.1, 37.36, 127.11, 37.37))
    add_ground(page, ground(frames, tuple(frames["walk"].total_bounds), "EPSG:5186", blank=True))
    html = page.html()
    assert html.count('"pane":"skyGround"') == 1  # water below; paths stay visible on the heat
    assert '{"ko":"보행로","en":"Paths"}' in html
