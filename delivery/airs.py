"""Which air holds when: one `Air` for equal zones, permits, lanes, ground and buildings."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from delivery.buildings import Buildings
from delivery.conditions import Conditions, Same, always
from delivery.courses import Air
from missions.airspace import Zone
from missions.structures import Structures

LONG_S = 3600.0  # no flight lasts longer: zones in force within it count
MOST = 256


@dataclass(slots=True)
class _Zones:
    """A set of zones: those always in force are told from those with dates or hours once."""

    zones: tuple[Zone, ...]
    dated: tuple[int, ...]
    names: tuple[Hashable, ...]

    def active(self, begin_s: float, end_s: float) -> tuple[int, ...]:
        """The numbers of the zones with dates or hours that are in force at any moment of a while."""
        if not self.dated:
            return ()
        begin, end = datetime.fromtimestamp(begin_s, UTC), datetime.fromtimestamp(end_s, UTC)
        return tuple(i for i in self.dated if self.zones[i].active(begin, end) is not False)

    def chosen(self, active: tuple[int, ...]) -> list[int]:
        """The numbers of all zones in force, in their order."""
        resting = set(self.dated).difference(active)
        return [i for i in range(len(self.zones)) if i not in resting]


def _zones(zones: tuple[Zone, ...]) -> _Zones:
    dated = tuple(i for i, z in enumerate(zones) if z.dated or z.hours is not None)
    return _Zones(zones, dated, tuple((z.name, z.kind, z.floor, z.ceiling, z.polygon.wkb) for z in zones))


@dataclass(slots=True)
class Airs:
    """The airs met so far."""

    _sets: dict[Same[tuple[Zone, ...]], _Zones] = field(default_factory=dict)
    _near: dict[tuple[Hashable, ...], Air] = field(default_factory=dict)
    _known: dict[tuple[Hashable, ...], Air] = field(default_factory=dict)
    _buildings: dict[Same[Structures], Buildings] = field(default_factory=dict)

    def at(self, conditions: Conditions, when_s: float) -> Air:
        """The air of a flight that takes off about a UTC second."""
        zones = self._of(conditions.zones)
        active = () if zones is None else zones.active(when_s, when_s + LONG_S)
        rest = Same(conditions.terrain), Same(conditions.structures), conditions.permits, conditions.lanes
        key = Same(conditions.zones), active, *rest
        air = self._near.get(key)
        if air is None:
            air = self._near[key] = self._air(conditions, zones, active, rest)
        return air

    def _of(self, zones: tuple[Zone, ...] | None) -> _Zones | None:
        if zones is None:
            return None
        found = self._sets.get(Same(zones))
        if found is None:
            self._make_room()
            found = self._sets[Same(zones)] = _zones(zones)
        return found

    def _make_room(self) -> None:
        if max(len(self._sets), len(self._near), len(self._known)) > MOST:
            for kept in (self._sets, self._near, self._known):
                kept.clear()

    def _air(
        self,
        conditions: Conditions,
        zones: _Zones | None,
        active: tuple[int, ...],
        rest: tuple[Hashable, ...],
    ) -> Air:
        """The air by what its zones are, whoever listed them."""
        chosen = [] if zones is None else zones.chosen(active)
        names = None if zones is None else tuple(zones.names[i] for i in chosen)
        air = self._known.get((names, *rest))
        if air is None:
            held = None if zones is None else tuple(always(zones.zones[i]) for i in chosen)
            buildings = self._built(conditions.structures)
            air = Air(held, conditions.permits, conditions.lanes, conditions.terrain, buildings)
            self._known[(names, *rest)] = air
        return air

    def _built(self, structures: Structures | None) -> Buildings | None:
        if structures is None:
            return None
        return self._buildings.setdefault(Same(structures), Buildings(structures))
