"""The demo's deliveries: one order refused with its reason, one flown and closed with its record."""

import json
from dataclasses import dataclass
from pathlib import Path

from core.clock import RealClock, ShiftedClock
from core.errors import SkyshadeError
from core.files import write_text
from delivery.feasibility import Conditions
from delivery.flightplan import LaneParams
from delivery.model import Craft, Item, Order, OrderState
from delivery.places import read_places
from delivery.record import order_record
from delivery.service import dispatch, place_order, set_things
from delivery.store import Store, open_store
from flight.record import FlightRecord
from gis.terrain import read_terrain
from missions.aircraft import load_aircraft
from missions.airspace import read_zones
from missions.checks import check_mission, passed
from missions.finding import Verdict
from missions.formats import read_plan, write_plan
from missions.permits import read_permits
from skyshade.demo.choices import StoryParams, Tell
from skyshade.demo.layers import SceneLayers
from skyshade.demo.surveying import DAY, WIND, simulated_speedup
from skyshade.flier import FlightRoom

GOODS = (
    Item("coffee", "아이스 아메리카노", 0.45),
    Item("gimbap", "김밥 세트", 0.6),
    Item("watermelon", "수박", 5.5),
)
ORDERED = (("coffee", 2), ("gimbap", 1))
PLACE = "picnic-1"
AIRCRAFT = "hexa-delivery"


@dataclass(frozen=True, slots=True)
class Delivered:
    """The refused order, the flown one, its flight, and the files of its record."""

    refused: Order
    order: Order
    record: FlightRecord
    record_path: Path
    store_path: Path

    @property
    def delivered(self) -> bool:
        """Whether the vehicle confirmed the release and the order is closed."""
        return self.order.state is OrderState.CLOSED and self.order.released_at_s is not None


def deliver(layers: SceneLayers, params: StoryParams, out: Path, tell: Tell) -> Delivered:
    """Open a store, take two orders, fly the one that can be flown."""
    tell("taking orders", 0, 1)
    clock = ShiftedClock(RealClock(), DAY.timestamp() - RealClock().utc_s())
    conditions = Conditions(
        zones=read_zones(layers.airspace),
        wind=WIND,
        terrain=read_terrain(layers.ground),
        permits=read_permits(layers.permits),
        lanes=LaneParams(lane_m=40.0),
    )
    flier = FlightRoom(
        params.vehicle,
        confirm_real=params.confirm_real,
        speedup=simulated_speedup(params),
        seed=params.seed + 1,
        on_progress=lambda what, done, total: tell(f"delivery: {what}", done, total),
        on_interrupt=params.on_interrupt,
    )
    store_path = out / "delivery.db"
    store_path.unlink(missing_ok=True)
    with open_store(store_path, create=True) as store:
        depot = next(p for p in read_places(layers.places) if p.kind == "depot")
        set_things(
            store,
            [*GOODS, *read_places(layers.places), Craft("H1", AIRCRAFT, depot.id)],
            clock,
        )
        refused = place_order(store, "수박을 좋아하는 손님", PLACE, [("watermelon", 1)], conditions, clock)
        accepted = place_order(store, "피크닉 손님", PLACE, ORDERED, conditions, clock)
        if accepted.state is not OrderState.ACCEPTED:
            raise SkyshadeError(f"the demo's order was refused: {'; '.join(accepted.reasons)}")
        order = dispatch(store, flier, conditions, clock, out / "flights")
        delivered = _closed(store, refused, order, flier, out)
    _must_keep_the_rules(out / "plans" / "delivery.plan", layers)
    return delivered


def _must_keep_the_rules(plan: Path, layers: SceneLayers) -> None:
    """Hold the flown plan to every rule."""
    masses = {good.id: good.mass_kg for good in GOODS}
    findings = check_mission(
        read_plan(plan),
        zones=read_zones(layers.airspace),
        terrain=read_terrain(layers.ground),
        permits=read_permits(layers.permits),
        aircraft=load_aircraft(AIRCRAFT),
        wind=WIND,
        payload_kg=sum(masses[name] * count for name, count in ORDERED),
        at_time=DAY,
    )
    if not passed(findings):
        failed = [f.message for f in findings if f.verdict is Verdict.FAIL]
        raise SkyshadeError(f"the demo's delivery plan breaks a rule: {'; '.join(failed)}")


def _closed(store: Store, refused: Order, order: Order | None, flier: FlightRoom, out: Path) -> Delivered:
    if order is None or flier.record is None:
        why = "; ".join(order.reasons) if order is not None else "no order was waiting"
        raise SkyshadeError(f"the demo's delivery did not fly: {why}")
    if order.state is not OrderState.CLOSED:
        raise SkyshadeError(f"the demo's delivery failed: {'; '.join(order.reasons)}")
    differences = store.check()
    if differences:
        raise SkyshadeError(f"the delivery log does not lead to its state: {differences[0]}")
    path = out / "delivery" / f"{order.id}.json"
    record = order_record(order, store.world(), store.events())
    write_text(path, json.dumps(record, ensure_ascii=False, indent=1) + "\n")
    if flier.mission is not None:
        write_plan(flier.mission, out / "plans" / "delivery.plan")
    return Delivered(refused, order, flier.record, path, out / "delivery.db")
