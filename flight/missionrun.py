"""A mission that is being flown: held, gone on with at the same item, moved on to another item."""

from core.errors import SkyshadeError
from flight.commands import Cmd, CommandRefusedError, Order
from flight.params import ParameterError, get_parameter
from flight.state import MISSION_PAUSED
from flight.vehicle import Vehicle, VehicleTimeoutError
from missions.model import Mission

RESTARTS = "MIS_RESTART"
SHOWN_S = 10.0


class ResumeError(SkyshadeError):
    """A mission that would not go on where it was left."""


def hold(vehicle: Vehicle) -> int | None:
    """Hold where it is; the mission item to go on with.

    In AUTO the mission is paused; where ArduPilot refuses that (on the way to nothing: taking off, landing,
    waiting), it changes to BRAKE.
    """
    seq = vehicle.state.mission_seq
    try:
        vehicle.pause()
    except CommandRefusedError:
        vehicle.set_mode("BRAKE")
    return seq


def go_on(vehicle: Vehicle, seq: int | None = None) -> None:
    """Go on with the mission at item `seq` (the vehicle's count; None: where it stands), and see it do so.

    With MIS_RESTART 1 a vehicle that comes back to AUTO starts again at item 1: that is refused before
    anything is sent. Raises `ResumeError`.
    """
    if vehicle.state.mode == "AUTO":
        if vehicle.state.mission_state == MISSION_PAUSED:
            vehicle.resume()
        return
    wanted = vehicle.state.mission_seq if seq is None else seq
    restarts = _restarts(vehicle)
    if restarts:
        raise ResumeError(
            f"the mission would start again at item 1, not go on at item {wanted} ({RESTARTS} is 1)",
            hint=f"set {RESTARTS} to 0, or skip to item {wanted} once it flies",
        )
    vehicle.set_mode("AUTO")
    _see_item(vehicle, wanted, unknown=restarts is None)


def _restarts(vehicle: Vehicle) -> bool | None:
    """Whether AUTO starts the mission anew; None when the vehicle does not say."""
    try:
        return get_parameter(vehicle, RESTARTS) == 1.0
    except ParameterError:
        return None


def _see_item(vehicle: Vehicle, wanted: int | None, *, unknown: bool) -> None:
    """See that the item is the wanted one, and stays so for a moment."""
    began_s = vehicle.now_s
    while vehicle.now_s - began_s < 1.5:
        vehicle.pump(0.05)
    if wanted is not None and (vehicle.state.mission_seq or 0) < wanted:
        why = f" ({RESTARTS} is unknown)" if unknown else ""
        raise ResumeError(
            f"the mission went on at item {vehicle.state.mission_seq} instead of {wanted}{why}",
            hint=f"skip to item {wanted}",
        )


def skip_to(vehicle: Vehicle, seq: int, mission: Mission) -> None:
    """Make item `seq` of `mission` (from 1 on) the current one, and see it current.

    An item that is done in passing is followed at once by the next place to fly to, which is then shown.
    """
    if not 1 <= seq <= len(mission.items):
        raise ValueError(f"the mission has items 1 to {len(mission.items)}, got {seq}")
    shown = {seq, next_place(mission, seq)}
    order = Order(Cmd.DO_SET_MISSION_CURRENT, (float(seq),))
    try:
        vehicle.carry_out(
            order, what=f"skip to item {seq}", shown=lambda s: s.mission_seq in shown, within_s=SHOWN_S
        )
    except VehicleTimeoutError as error:
        raise VehicleTimeoutError(f"{error}; it is at item {vehicle.state.mission_seq}") from error


def next_place(mission: Mission, seq: int) -> int:
    """The first item from `seq` on that is flown to or waited for; `seq` itself where none comes."""
    later = range(seq, len(mission.items) + 1)
    return next((n for n in later if mission.items[n - 1].is_nav), seq)
