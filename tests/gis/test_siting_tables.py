import math

import pytest

from core.errors import BadFileError
from gis.siting.tables import as_numbers, decode_text, read_csv, undo_double_encoding

TEXT = "동,인구\n신흥1동,11971\n"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (TEXT.encode("utf-8"), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8-sig"),
        (TEXT.encode("cp949"), "cp949"),
        (TEXT.encode("euc-kr"), "cp949"),
        (TEXT.encode("utf-16"), "utf-16"),
        ("동,인구\n".encode("utf-8-sig") + "신흥1동,11971\n".encode("cp949"), "mixed utf-8 and cp949"),
    ],
)
def test_a_table_reads_the_same_in_every_encoding_offices_use(data, encoding):
    assert decode_text(data) == (TEXT, encoding)


def test_padded_cells_and_thousands_commas_are_repaired_and_said(tmp_path):
    path = tmp_path / "인구 현황.csv"
    path.write_bytes('동,인구수\n신흥1동     ,"11,971 "\n수진1동,-\n'.encode("cp949"))
    table = read_csv(path)
    assert list(table.frame["동"]) == ["신흥1동", "수진1동"]
    assert table.frame["인구수"][0] == 11971.0
    assert math.isnan(table.frame["인구수"][1])
    assert table.repairs == (
        "text was cp949",
        "padded cells trimmed in 동, 인구수",
        "thousands commas removed in 인구수",
    )


def test_codes_stay_text(tmp_path):
    path = tmp_path / "codes.csv"
    path.write_text("행정동코드,zip,n\n4113151000,01234,7\n", encoding="utf-8")
    row = read_csv(path).frame.iloc[0]
    assert (row["행정동코드"], row["zip"], row["n"]) == ("4113151000", "01234", 7.0)


@pytest.mark.parametrize("encoding", ["utf-8", "cp949"])
def test_korean_that_was_read_as_latin_is_set_right(encoding):
    names = ["광교마을 경로당", None, "상현동"]
    broken = [n and n.encode(encoding).decode("latin-1") for n in names]
    assert undo_double_encoding(broken) == names


def test_text_that_is_right_is_left_alone():
    for cells in (["경로당"], ["Café"], ["plain"], [None]):
        assert undo_double_encoding(cells) is cells


def test_a_column_with_one_word_in_it_stays_text():
    assert as_numbers(["1", "2층"]) is None
    assert as_numbers(["1,234", "-0.5", None])[:2] == [1234.0, -0.5]
    assert as_numbers(["1,23"]) is None


def test_a_row_with_too_many_cells_is_named(tmp_path):
    path = tmp_path / "broken.csv"
    path.write_text("a,b\n1,2\n1,2,3\n", encoding="utf-8")
    with pytest.raises(BadFileError, match=r"broken\.csv: row 3 has 3 cells, the header has 2"):
        read_csv(path)


def test_two_columns_of_one_name_are_refused(tmp_path):
    path = tmp_path / "twice.csv"
    path.write_text("a,a\n1,2\n", encoding="utf-8")
    with pytest.raises(BadFileError, match="two columns of one name: a"):
        read_csv(path)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "picture.csv"
    path.write_bytes(b"\x89PNG\xff\xff\xff\n\xff")
    with pytest.raises(BadFileError, match="neither UTF-8 nor cp949"):
        read_csv(path)
