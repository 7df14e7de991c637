"""Tables as public offices publish them: text encodings, padded cells, numbers written for people."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import BadFileError

if TYPE_CHECKING:
    import pandas as pd

MISSING = frozenset({"", "-", "–", "null", "none", "nan", "n/a", "na", "미상", "해당없음"})
CODE_NAME = re.compile(r"(코드|_?cd\d?|code|_?id|번호)$", re.IGNORECASE)
NUMBER = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?([eE][+-]?\d+)?|[+-]?\.\d+")
HANGUL = re.compile("[가-힣]")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of a file and what had to be repaired to read them.

    `rows` says which row of the file each one is, the header being the first; empty = without gaps.
    """

    frame: "pd.DataFrame"
    repairs: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()


def decode_text(data: bytes) -> tuple[str, str]:
    """Text of `data` and the encoding it turned out to be in.

    Tries UTF-8 (with or without mark), UTF-16 by its mark, then cp949 (which holds euc-kr); a file that mixes
    UTF-8 and cp949 lines is read line by line. Raises `UnicodeDecodeError` when no line-wise reading fits.
    """
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16"), "utf-16"
    marked = data.startswith(b"\xef\xbb\xbf")
    body = data[3:] if marked else data
    for encoding in ("utf-8", "cp949"):
        try:
            return body.decode(encoding), "utf-8-sig" if marked and encoding == "utf-8" else encoding
        except UnicodeDecodeError:
            continue
    return "".join(_decode_line(line) for line in body.splitlines(keepends=True)), "mixed utf-8 and cp949"


def _decode_line(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp949")


def read_csv(path: Path) -> Table:
    """Read a CSV of any Korean encoding; raises `BadFileError`."""
    try:
        text, encoding = decode_text(Path(path).read_bytes())
    except UnicodeDecodeError as error:
        raise BadFileError(path, "is neither UTF-8 nor cp949 text", hint="save it as CSV UTF-8") from error
    frame, rows = _parse_csv(path, text)
    repairs = [] if encoding in {"utf-8", "utf-8-sig"} else [f"text was {encoding}"]
    return replace(_repaired(frame, repairs), rows=rows)


def repaired(frame: "pd.DataFrame") -> Table:
    """A frame that some other reader made, with its cells repaired the same way."""
    return _repaired(frame, [])


def _parse_csv(path: Path, text: str) -> tuple["pd.DataFrame", tuple[int, ...]]:
    import pandas as pd

    every = enumerate(csv.reader(io.StringIO(text), delimiter=_delimiter(text)), start=1)
    rows = [(number, row) for number, row in every if any(row)]
    if len(rows) < 1:
        raise BadFileError(path, "is empty")
    header = [name.strip() for name in rows[0][1]]
    if len(set(header)) != len(header):
        raise BadFileError(path, f"has two columns of one name: {_doubles(header)}", hint="rename one")
    for number, row in rows[1:]:
        if len(row) > len(header) and any(cell.strip() for cell in row[len(header) :]):
            raise BadFileError(
                path,
                f"row {number} has {len(row)} cells, the header has {len(header)}",
                hint="quote its commas",
            )
    width = len(header)
    body = [(row + [""] * width)[:width] for _, row in rows[1:]]
    frame = pd.DataFrame(body, columns=pd.Index(header), dtype=object)
    return frame, tuple(number for number, _ in rows[1:])


def _doubles(header: Sequence[str]) -> str:
    return ", ".join(sorted({name for name in header if header.count(name) > 1}))


def _delimiter(text: str) -> str:
    first = text.split("\n", 1)[0]
    return max(",;\t|", key=first.count)


def _repaired(frame: "pd.DataFrame", repairs: list[str]) -> Table:
    import pandas as pd

    out = frame.copy()
    padded, recoded, numeric = [], [], []
    for name in out.columns:
        if not (pd.api.types.is_object_dtype(out[name]) or pd.api.types.is_string_dtype(out[name])):
            continue
        cells = [_cell(value) for value in out[name]]
        if any(isinstance(raw, str) and raw != raw.strip() for raw in out[name]):
            padded.append(str(name))
        fixed = undo_double_encoding(cells)
        if fixed is not cells:
            recoded.append(str(name))
        numbers = None if CODE_NAME.search(str(name)) else as_numbers(fixed)
        if numbers is not None:
            numeric += [str(name)] if any("," in c for c in fixed if isinstance(c, str)) else []
        out[name] = pd.Series(fixed if numbers is None else numbers, index=out.index)
    for problem, columns in (
        ("padded cells trimmed in", padded),
        ("double-encoded text undone in", recoded),
        ("thousands commas removed in", numeric),
    ):
        repairs += [f"{problem} {', '.join(columns)}"] if columns else []
    return Table(out, tuple(repairs))


def _cell(value: object) -> object:
    """A trimmed text, None for what stands for nothing, other values as they are."""
    if not isinstance(value, str):
        return value
    text = value.replace("\u3000", " ").replace("\x00", " ").strip()
    return None if text.lower() in MISSING else text


def undo_double_encoding(cells: list[object]) -> list[object]:
    """Cells whose Korean was read as Latin-1 (utf-8 or cp949 bytes), set right; the same list if all is well.

    Undone only when every text of the column stands the way back and Korean comes out of it.
    """
    texts = [cell for cell in cells if isinstance(cell, str)]
    if not texts or any(HANGUL.search(text) for text in texts) or all(text.isascii() for text in texts):
        return cells
    for encoding in ("utf-8", "cp949"):
        try:
            back = [c.encode("latin-1").decode(encoding) if isinstance(c, str) else c for c in cells]
        except UnicodeError:
            continue
        if any(isinstance(cell, str) and HANGUL.search(cell) for cell in back):
            return back
    return cells


def as_numbers(cells: Sequence[object]) -> list[float] | None:
    """The cells as float64 (missing = NaN), or None when one is no number or a leading zero means a code."""
    out: list[float] = []
    for cell in cells:
        if cell is None or isinstance(cell, float | int):
            out.append(float("nan") if cell is None else float(cell))
        elif isinstance(cell, str) and NUMBER.fullmatch(cell) and not re.match(r"0\d", cell):
            out.append(float(cell.replace(",", "")))
        else:
            return None
    return out if any(value == value for value in out) else None  # noqa: PLR0124  # NaN differs from itself
