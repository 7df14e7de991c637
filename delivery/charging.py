"""Whether the batteries of a depot carry its flights: a run through them in order of time."""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass

from delivery.model import Battery, Craft
from delivery.ways import aircraft_of
from delivery.world import World

OWN = ""
"""Stands for an aircraft's own charge where no battery is named."""


@dataclass(frozen=True, slots=True)
class Use:
    """A flight as its battery sees it: UTC seconds, watt-hours; `started` ones are in the air."""

    flight: str
    craft: str
    takeoff_s: float
    land_s: float
    energy_Wh: float
    started: bool = False


@dataclass(slots=True)
class Shelf:
    """The batteries and aircraft of one depot while a run goes on; `mounted` by aircraft."""

    batteries: dict[str, Battery]
    crafts: dict[str, Craft]
    mounted: dict[str, str]
    landed_s: dict[str, float]

    def choose(self, use: Use) -> str | None:
        """The battery for a flight: the aircraft's own if it is enough, else the fullest on the shelf."""
        craft = self.crafts[use.craft]
        inside = self.mounted.get(use.craft)
        if inside is None and not self._fitting(craft):
            return OWN if use.started or _enough(craft.type, craft.charge, use.energy_Wh) else None
        if inside is not None and (use.started or self._is_enough(inside, craft, use)):
            return inside
        free = [b for b in self._fitting(craft) if b.id not in self.mounted.values()]
        free = [b for b in free if self._is_enough(b.id, craft, use)]
        best = max(free, key=lambda b: (b.charge_at(use.takeoff_s), b.id), default=None)
        return None if best is None else best.id

    def _fitting(self, craft: Craft) -> list[Battery]:
        return [b for b in self.batteries.values() if b.type == craft.type and b.cycles < b.max_cycles]

    def _is_enough(self, battery: str, craft: Craft, use: Use) -> bool:
        return _enough(craft.type, self.batteries[battery].charge_at(use.takeoff_s), use.energy_Wh)

    def fly(self, use: Use, battery: str) -> None:
        """The flight with that battery: what was in the aircraft goes on the charger."""
        craft = self.crafts[use.craft]
        share = use.energy_Wh / aircraft_of(craft.type).battery_Wh
        if battery == OWN:
            self.crafts[use.craft] = dataclasses.replace(craft, charge=max(0.0, craft.charge - share))
            return
        before = self.mounted.get(use.craft)
        if before is not None and before != battery:
            off_s = self.landed_s.get(use.craft, use.takeoff_s)
            old = self.batteries[before]
            self.batteries[before] = _as(old, old.charge_at(off_s), off_s, charging=True)
        taken = self.batteries[battery]
        left = max(0.0, taken.charge_at(use.takeoff_s) - share)
        self.batteries[battery] = _as(taken, left, use.land_s, charging=False)
        self.mounted[use.craft] = battery
        self.landed_s[use.craft] = use.land_s


def _as(old: Battery, charge: float, at_s: float, *, charging: bool) -> Battery:
    """A battery with another charge. Asked often: `dataclasses.replace` takes three times as long."""
    return Battery(
        old.id, old.type, old.depot, charge, at_s, old.cycles, charging, old.per_hour, old.max_cycles
    )


def shelf_of(world: World, depot: str) -> Shelf:
    """The batteries and aircraft of a depot as they are now."""
    crafts = {c.id: c for c in world.aircraft.values() if c.depot == depot}
    mounted = {c.id: c.battery for c in crafts.values() if c.battery in world.batteries and c.battery}
    batteries = {b.id: b for b in world.batteries.values() if b.depot == depot}
    return Shelf(batteries, crafts, mounted, {})


def supplied(world: World, depot: str, uses: Iterable[Use]) -> dict[str, str] | None:
    """The battery of each flight of a depot, by flight id; None when one of them gets none."""
    shelf, chosen = shelf_of(world, depot), {}
    for use in sorted(uses, key=lambda u: (u.takeoff_s, u.flight)):
        battery = shelf.choose(use)
        if battery is None:
            return None
        shelf.fly(use, battery)
        chosen[use.flight] = battery
    return chosen


def recharges(world: World, craft: Craft) -> bool:
    """Whether waiting may help an aircraft whose battery is not full enough: there are others to put in."""
    return any(b.depot == craft.depot and b.type == craft.type for b in world.batteries.values())


def reaches(craft_type: str, energy_Wh: float) -> bool:
    """Whether a full battery of the type carries a flight."""
    return _enough(craft_type, 1.0, energy_Wh)


def _enough(craft_type: str, charge: float, energy_Wh: float) -> bool:
    aircraft = aircraft_of(craft_type)
    usable = aircraft.battery_Wh * (charge * aircraft.usable_fraction - aircraft.reserve_fraction)
    return energy_Wh <= usable
