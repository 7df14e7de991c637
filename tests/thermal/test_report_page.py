import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from core.geo import LonLat
from thermal.pose import Rejection
from thermal.quality import ControlRow, FrameReport, Quality, write_report
from thermal.references import Reference, anchor
from thermal.report.korean import korean
from thermal.report.page import as_html
from thermal.report.pictures import WIDEST_PX, read_picture
from thermal.report.plots import seams_svg
from thermal.report.words import WORDS


def frame(k, **more):
    ring = np.array([[0, 0], [100, 0], [100, 80], [0, 80]], float) + 10 * k
    values = {
        "tie_points": 40, "rmse_px": 0.5, "moved_m": 0.1, "offset_K": float(np.sin(k)), "before_K": 1.0,
        "after_K": 0.1, "outline_px": ring, "center_px": ring.mean(axis=0), "number": k + 1,
    }  # fmt: skip
    return FrameReport(f"DJI_{k:04d} <둘>.JPG", 2.0 * k, 1.0 * k, **{**values, **more})


def quality(count=12, **more):
    values = {
        "title": "성남 <탄천>.tif",
        "frames": [frame(k) for k in range(count)],
        "rejected": [Rejection(Path("a.jpg"), "oblique: 40 degrees from straight down")],
        "notes": ["a note & more"],
        "figures": [
            ("frames_used", count), ("seam_p95_K", 1.4), ("drift_rms_after_K", 0.12), ("gsd_m", None),
        ],
        "anchor": anchor([]),
        "ground": "plane +1.0 m from the flight's zero, slope 4.1 %",
        "lens": "a lens",
        "crs": "EPSG:5186",
        "start": "2026-08-08T05:00:00Z",
        "end": "2026-08-08T05:10:00Z",
        "seam_counts": [10, 20, 5, 1],
        "jumps": [3],
    }  # fmt: skip
    return Quality(**{**values, **more})


class Tags(HTMLParser):
    """Which tags are open at the end, and what the page would fetch."""

    VOID = frozenset({"meta", "input", "img", "br", "link"})

    def __init__(self):
        super().__init__()
        self.open, self.fetched = [], []

    def handle_starttag(self, tag, attrs):
        self.fetched += [v for k, v in attrs if k in {"src", "href"} and v and not v.startswith("data:")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.fetched += [v for k, v in attrs if k in {"src", "href"} and v and not v.startswith("data:")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def written_map(path, rows=300, cols=1500):
    profile = {"driver": "GTiff", "height": rows, "width": cols, "count": 4, "dtype": "float32"}
    with rasterio.open(
        path, "w", nodata=np.nan, crs="EPSG:5186", transform=from_origin(2e5, 5e5, 0.1, 0.1), **profile
    ) as out:
        celsius = np.linspace(20, 60, rows * cols, dtype=np.float32).reshape(rows, cols)
        celsius[:40] = np.nan
        out.write(np.stack([celsius, np.full_like(celsius, 3), celsius, celsius]))
    return path


def test_the_page_is_whole_and_fetches_nothing(tmp_path):
    page = write_report(written_map(tmp_path / "열 지도.tif"), quality()).read_text("utf-8")
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert tags.fetched == []
    assert "url(" not in page
    assert page.count("data:image/png;base64,") == 3  # the map, the plan's background, the overlap
    assert "성남 &lt;탄천&gt;.tif" in page
    assert "a note &amp; more" in page


def test_every_text_is_there_in_both_languages():
    page = as_html(quality())
    assert page.count('<span lang="ko">') == page.count('<span lang="en">')
    for name in ("surface", "relative", "left_out", "drift", "seams", "look", "good"):
        assert all(text in page for text in WORDS[name])
    assert "비스듬히 촬영: 수직에서 40도" in page
    assert "oblique: 40 degrees from straight down" in page


def test_a_map_with_references_and_control_points_shows_them():
    told = Reference("물탱크", LonLat(127.1, 37.4), 2.0, 30.0)
    level = anchor([(told, 33.0, 4)])
    points = [
        ControlRow("gcp1", True, 5, 0.012, -0.345),
        ControlRow("gcp2", False, 1, None, None, "off by 3 m"),
    ]
    page = as_html(quality(anchor=level, control=points))
    assert "물탱크" in page
    assert WORDS["absolute"][1] in page
    assert "<td>0.012</td><td>-0.345</td>" in page
    assert "off by 3 m" in page
    assert WORDS["check"][0] in page


def test_a_thousand_frames_make_a_light_page(tmp_path):
    page = write_report(written_map(tmp_path / "m.tif"), quality(1000))
    assert page.stat().st_size < 1_500_000
    assert len(json.loads(page.with_suffix(".json").read_text("utf-8"))["frames"]) == 1000


def test_a_flight_without_ties_overlap_or_time_still_has_a_page():
    bare = frame(0, rmse_px=float("nan"), before_K=float("nan"), after_K=float("nan"))
    page = as_html(quality(frames=[bare], start=None, end=None, seam_counts=(), jumps=()))
    assert WORDS["untimed"][1] in page
    assert WORDS["seams"][1] not in page
    assert "<rect" in page


def test_a_picture_is_small_and_knows_where_it_lies(tmp_path):
    picture = read_picture(written_map(tmp_path / "m.tif"))
    assert max(picture.celsius.shape) == WIDEST_PX
    assert picture.transform @ (WIDEST_PX, 0) == pytest.approx((2e5 + 150.0, 5e5))
    assert np.isnan(picture.celsius[0, 0])
    low, high = picture.range_C
    assert 20 < low < high < 60.1


def test_bars_of_the_seam_plot_add_up_to_everything_below_its_end():
    counts = np.zeros(1001, int)
    counts[:200] = 5
    plot = seams_svg(counts.tolist(), 0.02, 3.8)
    heights = [float(h) for h in re.findall(r'height="([\d.]+)" fill', plot)]
    assert len(heights) == 40  # 200 steps of 0.02 K in bars of 0.1 K
    assert max(heights) == pytest.approx(min(heights), rel=0.01)


def test_a_saying_nobody_has_translated_stays_as_it_is():
    assert korean("something quite new") == "something quite new"
    assert korean("2 ground references, scale 1.065") == "지상 기준점 2개, 배율 1.065"
