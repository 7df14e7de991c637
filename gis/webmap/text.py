"""What a page is told: texts in one or more languages, looks, and verdicts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Text = str | Mapping[str, str]
"""A text for people: the same in every language, or one a language (`{"ko": ..., "en": ...}`)."""

Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees."""

VERDICTS = ("pass", "fail", "unknown")

PAGE_WORDS: dict[str, dict[str, str]] = {
    "search": {"ko": "이름·번호 찾기 (초성 가능)", "en": "Find a name or an id"},
    "nothing": {"ko": "찾지 못했습니다", "en": "Nothing found"},
    "print": {"ko": "인쇄", "en": "Print"},
    "list": {"ko": "목록", "en": "List"},
    "layers": {"ko": "레이어", "en": "Layers"},
    "opacity": {"ko": "진하기", "en": "Opacity"},
    "limit": {"ko": "기준", "en": "must be"},
    "pass": {"ko": "적합", "en": "pass"},
    "fail": {"ko": "부적합", "en": "fail"},
    "unknown": {"ko": "미확인", "en": "unknown"},
    "in": {"ko": "확대", "en": "Zoom in"},
    "out": {"ko": "축소", "en": "Zoom out"},
    "called": {"ko": "한국어", "en": "English"},
}


@dataclass(frozen=True, slots=True)
class Check:
    """A verdict ("pass", "fail" or "unknown") on one rule, with the value and its limit as text."""

    rule: Text
    verdict: str
    value: Text = ""
    limit: Text = ""

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS:
            raise ValueError(f"verdict must be one of {', '.join(VERDICTS)}, got {self.verdict!r}")


@dataclass(frozen=True, slots=True)
class Style:
    """How shapes are drawn: CSS colours, widths in pixels, opacities 0..1; `below` = under heat maps."""

    colour: str = "#444444"
    width_px: float = 1.0
    fill: str | None = None
    fill_opacity: float = 0.4
    opacity: float = 1.0
    radius_px: float = 4.0
    below: bool = False

    def for_leaflet(self) -> dict[str, Any]:
        """The style as Leaflet's path options."""
        return {
            "color": self.colour,
            "weight": self.width_px,
            "opacity": self.opacity,
            "fill": self.fill is not None,
            "fillColor": self.fill or self.colour,
            "fillOpacity": self.fill_opacity,
            "radius": self.radius_px,
            **({"pane": "skyGround"} if self.below else {}),
        }
