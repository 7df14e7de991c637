import shutil
import subprocess
import sys

import pytest
from pdfletters import embedded_letters
from PIL import Image
from pypdf import PdfReader
from reportlab.platypus import Spacer
from shapely import LineString, MultiPolygon, Point, Polygon, box

from core.errors import BadFileError
from gis.fonts import FontFiles, korean_fonts
from gis.pdf.face import Words, face_of
from gis.pdf.mapbox import MapBox, MapKey
from gis.pdf.maplayers import Ink, KeyEntry, Picture, Pins, Shapes
from gis.pdf.sheet import Sheet, write_pdf
from gis.pdf.table import table


@pytest.fixture(scope="module")
def say():
    return Words(face_of(korean_fonts()))


def sheet(say, **more):
    return Sheet(title="제목", header="머리말", footer="꼬리말", face=say.face, mark="표시", **more)


def written(folder, flow, furniture):
    path = folder / "보고 서.pdf"
    write_pdf(path, flow, furniture)
    return PdfReader(path)


def test_fonts_are_embedded_and_hold_an_outline_for_each_hangul_letter_used(say, tmp_path):
    text = "그늘막 설치 기준: 보도 폭 ≥ 3.5 m, 지표 온도 40.2 ± 0.8 °C, 훑다 뷁 쉼터"
    reader = written(tmp_path, [say.say(text), say.say("굵은 제목", "title")], sheet(say))
    letters = embedded_letters(reader)
    used = {c for c in reader.pages[0].extract_text() if "가" <= c <= "힣"}
    assert {"뷁", "훑", "굵", "머", "꼬", "표"} <= used
    assert all(letters[letter] for letter in used)
    assert all(letters[letter] for letter in "≥±°")
    assert text in reader.pages[0].extract_text()


def test_each_page_has_its_furniture_and_its_number(say, tmp_path):
    rows = [[str(n), f"지점 {n}"] for n in range(120)]
    reader = written(tmp_path, [table(say, ["번호", "이름"], rows, [60, 300], numbers=[0])], sheet(say))
    pages = [page.extract_text() for page in reader.pages]
    assert len(pages) > 2
    for number, text in enumerate(pages, start=1):
        assert f"{number} / {len(pages)}" in text
        assert all(part in text for part in ("머리말", "꼬리말", "표시", "번호"))
    assert "지점 119" in pages[-1]
    assert reader.metadata.title == "제목"
    assert reader.trailer["/Root"]["/Lang"] == "ko"


def test_the_same_content_gives_the_same_bytes(say, tmp_path):
    for name in ("a.pdf", "b.pdf"):
        write_pdf(tmp_path / name, [say.say("같은 글")], sheet(say))
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


def test_text_is_no_markup(say, tmp_path):
    reader = written(tmp_path, [say.say("교차로 <b>1</b> & 2")], sheet(say))
    assert "교차로 <b>1</b> & 2" in reader.pages[0].extract_text()


def test_a_header_too_long_for_the_sheet_is_cut_with_dots(say, tmp_path):
    long = Sheet(title="t", header="아주 긴 머리말 " * 30, footer="f", face=say.face)
    assert "…" in written(tmp_path, [Spacer(1, 1)], long).pages[0].extract_text()


def test_a_map_box_widens_its_view_to_its_own_shape_about_the_same_middle(say):
    map_box = MapBox([], (0, 0, 100, 400), 300, 200, say.face)
    left, bottom, right, top = map_box.bounds_m
    assert (bottom, top) == (0, 400)
    assert (left + right) / 2 == 50
    assert (right - left) / (top - bottom) == pytest.approx(300 / 200)


def test_a_map_is_drawn_with_scale_north_pins_and_key(say, tmp_path):
    holed = Polygon(box(10, 10, 90, 90).exterior.coords, [box(40, 40, 60, 60).exterior.coords])
    layers = [
        Picture(Image.new("RGBA", (10, 10), (200, 30, 30, 128)), (0, 0, 100, 100), 0.5),
        Shapes(
            [MultiPolygon([holed]), LineString([(0, 0), (100, 100)]), Point(5, 5), None], Ink(fill="#00ff00")
        ),
        Shapes([box(5_000, 5_000, 6_000, 6_000)], Ink()),
        Pins([(50, 50), (60, 60)], ["1", "12"]),
    ]
    key = MapKey([KeyEntry(f"항목 {n}", Ink(fill="#123456"), form) for n, form in enumerate(
        ("area", "line", "point", "pin") * 5)], 400, say.face, "범례")  # fmt: skip
    text = written(tmp_path, [MapBox(layers, (0, 0, 100, 100), 400, 400, say.face), key], sheet(say))
    shown = text.pages[0].extract_text()
    assert all(part in shown for part in ("20 m", "N", "12", "범례", "항목 19"))


def test_a_hole_in_an_area_stays_open(say, tmp_path, poppler):
    holed = Polygon(box(0, 0, 100, 100).exterior.coords, [box(40, 40, 60, 60).exterior.coords])
    flow = [MapBox([Shapes([holed], Ink(None, "#0000ff"))], (0, 0, 100, 100), 400, 400, say.face)]
    write_pdf(tmp_path / "a.pdf", flow, sheet(say))
    picture = poppler(tmp_path / "a.pdf")
    width, height = picture.size
    middle, beside = (picture.getpixel((round(x * width), round(y * height))) for x, y in MIDDLES)
    assert beside == (0, 0, 255)
    assert middle != (0, 0, 255)


# the box of 400 points lies from (45, 90) to (445, 490) above the sheet's lower left corner of 595 x 842
MIDDLES = ((245 / 595, 1 - (842 - 69 - 200) / 842), (145 / 595, 1 - (842 - 69 - 200) / 842))


@pytest.fixture
def poppler(tmp_path):
    """A function that draws a document's first page; skips where poppler is missing."""
    if shutil.which("pdftoppm") is None:
        pytest.skip("pdftoppm is missing: install Debian's poppler-utils")

    def draw(path):
        subprocess.run(["pdftoppm", "-r", "72", "-png", "-singlefile", path, tmp_path / "page"], check=True)
        return Image.open(tmp_path / "page.png").convert("RGB")

    return draw


def test_the_packaged_font_is_found_without_importing_its_package():
    files = korean_fonts()
    assert files.regular.name == "NanumGothic.ttf"
    assert files.bold.name == "NanumGothicBold.ttf"
    assert "koreanize_matplotlib" not in sys.modules


def test_a_font_with_korean_letters_may_be_named(tmp_path):
    (tmp_path / "우리 글꼴.ttf").write_bytes(korean_fonts().regular.read_bytes())
    assert korean_fonts(tmp_path / "우리 글꼴.ttf") == FontFiles(*[tmp_path / "우리 글꼴.ttf"] * 2)


def test_a_font_without_korean_letters_is_refused(tmp_path):
    from matplotlib import get_data_path

    latin = f"{get_data_path()}/fonts/ttf/DejaVuSansMono.ttf"
    with pytest.raises(BadFileError, match="has no Korean letters; give a font such as NanumGothic"):
        korean_fonts(latin)
    (tmp_path / "a.ttf").write_bytes(b"no font")
    with pytest.raises(BadFileError, match=r"a\.ttf: is no TrueType font"):
        korean_fonts(tmp_path / "a.ttf")
    with pytest.raises(BadFileError, match="not found"):
        korean_fonts(tmp_path / "b.ttf")
