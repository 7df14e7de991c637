"""Options that several commands share: a missing input is told alike, and nothing stands in the way."""

import json

import pytest

from core.errors import BadFileError
from skyshade.cli.main import cli

MISSING = "없는 파일.x"
SQUARE = [[127.108, 37.369], [127.110, 37.369], [127.110, 37.371], [127.108, 37.371], [127.108, 37.369]]
COMMANDS = [
    ("survey", "plan", MISSING, "--camera", "M3T", "--gsd-m", "0.1", "-o", "o.plan"),
    ("mission", "check", MISSING),
    ("mission", "convert", MISSING, "o.kml"),
    ("mission", "upload", MISSING, "--vehicle", "tcp:127.0.0.1:1"),
    ("thermal", "map", MISSING, "-o", "o.tif"),
    ("thermal", "convert", "a.jpg", "--lens", MISSING, "-o", "o"),
    ("sites", "choose", "--heat", MISSING, "--demand", MISSING, "--candidates", MISSING, "-o", "o"),
    ("sites", "solve", MISSING, "--problem", "pmedian", "--count", "3"),
    ("delivery", "places", "load", MISSING),
    ("delivery", "order", "--place", "a", "--item", "b", "--zones", MISSING),
    ("sitl", "start", "--params", MISSING),
]


@pytest.mark.parametrize("args", COMMANDS, ids=" ".join)
def test_a_missing_input_is_told_alike(args):
    with pytest.raises(BadFileError) as told:
        cli.main(list(args), standalone_mode=False)
    assert str(told.value) == f"{MISSING}: not found"


def test_a_folder_in_place_of_a_file_is_told_before_any_work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "폴더").mkdir()
    with pytest.raises(BadFileError, match="폴더: is a folder"):
        cli.main(["mission", "check", "폴더"], standalone_mode=False)
    (tmp_path / "a.plan").write_text("{}")
    with pytest.raises(BadFileError, match="폴더: is a folder"):
        cli.main(["mission", "convert", "a.plan", "폴더"], standalone_mode=False)


def test_a_ceiling_above_the_survey_does_not_close_its_area(tmp_path):
    ceiling = {"name": "고도 제한", "kind": "ceiling", "ceiling_m": 150.0, "ceiling_datum": "ground"}
    for name, properties in (("구역.geojson", {}), ("공역.geojson", ceiling)):
        shape = {"type": "Polygon", "coordinates": [SQUARE]}
        feature = {"type": "Feature", "properties": properties, "geometry": shape}
        text = json.dumps({"type": "FeatureCollection", "features": [feature]}, ensure_ascii=False)
        (tmp_path / name).write_text(text, encoding="utf-8")
    area, zones, out = (str(tmp_path / name) for name in ("구역.geojson", "공역.geojson", "o.plan"))
    cli.main(
        ["survey", "plan", area, "--camera", "M3T", "--gsd-m", "0.1", "--no-fly", zones, "-o", out],
        standalone_mode=False,
    )
    assert (tmp_path / "o.plan").exists()
