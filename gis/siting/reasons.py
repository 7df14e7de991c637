"""Why a site was chosen, as facts that can be said in any language of the report."""

import math
from dataclasses import dataclass

from gis.siting.rules import Rule
from gis.siting.words import words


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What speaks for a chosen site.

    `people` it serves within `radius_m` (`kind`: "walking" or "straight"); `share` of all heat load it adds;
    `surface_C` and `sigma_K` of the ground there, NaN = not known; `tied_with` ids whose order to it is not
    settled; `missing` the rules that could not be judged.
    """

    people: float
    radius_m: float
    kind: str
    share: float
    surface_C: float
    sigma_K: float
    tied_with: tuple[str, ...] = ()
    missing: tuple[Rule, ...] = ()

    def parts(self, language: str) -> list[str]:
        """The reasons, one text each."""
        say = words(language)
        served = say["why_line"].format(
            people=self.people, radius=self.radius_m, kind=say[self.kind], share=self.share
        )
        parts = [served] + ([say["nothing_line"]] if self.share <= 0 else [])
        parts.append(self._heat(say))
        if self.tied_with:
            parts.append(say["tied_line"].format(others=", ".join(self.tied_with)))
        if self.missing:
            titles = ", ".join(rule.called(language) for rule in self.missing)
            parts.append(say["unknown_line"].format(what=titles))
        return parts

    def line(self, language: str) -> str:
        """The reasons in one line."""
        return "; ".join(self.parts(language))

    def _heat(self, say: dict[str, str]) -> str:
        if math.isnan(self.surface_C):
            return say["heat_unknown"]
        if math.isnan(self.sigma_K):
            return say["heat_no_sigma"].format(heat=self.surface_C)
        return say["heat_line"].format(heat=self.surface_C, sigma=self.sigma_K)
