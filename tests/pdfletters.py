"""What the fonts inside a PDF can draw, read by other programs than the one that wrote it."""

import io
import re
from typing import Any

from fontTools.ttLib import TTFont


def embedded_letters(reader: Any) -> dict[str, bool]:
    """Letters of all embedded fonts with an outline of their own: {letter: does it have an outline}."""
    found: dict[str, bool] = {}
    for page in reader.pages:
        for named in page["/Resources"]["/Font"].values():
            font = named.get_object()
            assert font["/Subtype"] == "/TrueType", f"{font['/BaseFont']} is not embedded"
            file = TTFont(io.BytesIO(font["/FontDescriptor"]["/FontFile2"].get_data()))
            outlines = file["glyf"]
            codes = to_unicode(font["/ToUnicode"].get_data().decode("latin-1"))
            glyphs = {}
            for part in file["cmap"].tables:
                glyphs |= {code & 0xFF: name for code, name in part.cmap.items()}
            for code, letter in codes.items():
                if code in glyphs:
                    found[letter] = outlines[glyphs[code]].numberOfContours != 0
    return found


def to_unicode(text: str) -> dict[int, str]:
    """The code -> letter pairs of a ToUnicode map."""
    pairs = re.findall(r"<(\w\w)>\s*<(\w{4})>", text.split("beginbfchar", 1)[1])
    return {int(code, 16): bytes.fromhex(letter).decode("utf-16-be") for code, letter in pairs}
