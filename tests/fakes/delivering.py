from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from core.errors import SkyshadeError
from core.geo import LonLat
from delivery.flier import Confirmation, Outcome
from delivery.model import Hours, Place

SEOUL = ZoneInfo("Asia/Seoul")
NOON = datetime(2025, 7, 26, 12, 0, tzinfo=SEOUL).timestamp()
DEPOT = Place("depot", "정자 거점", LonLat(127.1090, 37.3700), kind="depot", elevation_m=30.0)
LAWN = Place("lawn", "탄천 잔디밭", LonLat(127.1040, 37.3800), elevation_m=31.5, hours=Hours(660, 1020))


@dataclass
class FakeFlier:
    """Flies nothing; its knobs say how the flight goes."""

    confirms: bool = True
    completes: bool = True
    confirms_twice: bool = False
    raises: Exception | None = None
    raises_after_release: bool = False
    missions: list = field(default_factory=list)

    def fly(self, mission, folder, on_release):
        self.missions.append(mission)
        if self.raises and not self.raises_after_release:
            raise self.raises
        word = Confirmation(NOON + 300, LAWN.position, "Gripper load released")
        for _ in range(2 if self.confirms_twice else 1 if self.confirms else 0):
            on_release(word)
        if self.raises:
            raise self.raises
        return Outcome(self.completes, 400.0, word if self.confirms else None, str(folder / "flight.tlog"))


class LinkLostError(SkyshadeError):
    pass
