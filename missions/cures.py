"""What would cure a failed rule, where the rule itself has nothing better to say."""

from dataclasses import replace

from missions.finding import Finding, Verdict

CURES = {
    "take_off_first": "put a take-off before the first place",
    "end_down": "end with return to launch or land",
    "leg_length": "look at the place's coordinates, or put a place between",
    "height_above_ground": "fly lower there, or hold a permission for that height",
    "terrain_clearance": "fly higher there, or go round the rise",
    "energy": "make several flights of it, fly shorter, or carry less",
    "wind": "wait for less wind, or take an aircraft that bears it",
    "camera_interval": "fly slower there, or take pictures further apart",
    "fence": "draw the fence wider, or move the place (`skyshade mission fence` makes one)",
    "return_energy": "set a rally point on the way, or turn back earlier",
    "rally": "move the rally point",
    "gusts": "wait for calmer air",
    "rain": "wait until it is dry",
    "visibility": "wait for better sight",
    "cloud_base": "fly lower, or wait until the clouds rise",
    "cold": "wait for warmer air",
    "warmth": "wait for cooler air",
}


def with_cure(finding: Finding) -> Finding:
    """The finding, with what would cure it where it failed and does not say so itself."""
    if finding.verdict is not Verdict.FAIL or finding.cure:
        return finding
    return replace(finding, cure=CURES.get(finding.rule, ""))
