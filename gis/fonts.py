"""A TrueType font with Korean letters, found on this machine."""

import importlib.util
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.errors import BadFileError, SkyshadeError

PROBE = "가힣한글A0"


class FontMissingError(SkyshadeError):
    """No font with Korean letters was found."""


@dataclass(frozen=True, slots=True)
class FontFiles:
    """TrueType files of one face; `bold` is the regular one where there is no other."""

    regular: Path
    bold: Path


def korean_fonts(named: Path | None = None) -> FontFiles:
    """The font a user names; else NanumGothic as packaged for Python; else the system's own.

    Raises `BadFileError` for a named file that is no TrueType font or lacks Korean letters, and
    `FontMissingError` when none is found.
    """
    if named is not None:
        return FontFiles(_checked(Path(named)), _checked(Path(named)))
    for regular, bold in _usual():
        if regular.is_file():
            return FontFiles(regular, bold if bold.is_file() else regular)
    raise FontMissingError(
        "no font with Korean letters was found", hint="name a .ttf file with --font, such as NanumGothic.ttf"
    )


def _usual() -> Iterator[tuple[Path, Path]]:
    spec = importlib.util.find_spec("koreanize_matplotlib")  # found, not imported: it changes matplotlib
    for place in (spec.submodule_search_locations or []) if spec else []:
        yield Path(place) / "fonts" / "NanumGothic.ttf", Path(place) / "fonts" / "NanumGothicBold.ttf"
    windows = Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts"
    yield windows / "malgun.ttf", windows / "malgunbd.ttf"
    debian = Path("/usr/share/fonts/truetype/nanum")
    yield debian / "NanumGothic.ttf", debian / "NanumGothicBold.ttf"
    apple = Path("/System/Library/Fonts/Supplemental/AppleGothic.ttf")
    yield apple, apple


def _checked(path: Path) -> Path:
    from reportlab.pdfbase.ttfonts import TTFError, TTFontFile

    if not path.is_file():
        raise BadFileError(path, "not found")
    try:
        letters = TTFontFile(str(path)).charToGlyph
    except (TTFError, OSError, ValueError, KeyError, IndexError) as error:
        raise BadFileError(
            path, "is no TrueType font that can be embedded", hint="give a .ttf file with Korean letters"
        ) from error
    if any(ord(letter) not in letters for letter in PROBE):
        raise BadFileError(path, "has no Korean letters", hint="give a font such as NanumGothic.ttf")
    return path
