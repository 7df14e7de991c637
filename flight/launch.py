"""Arming and taking off; where that fails before the vehicle rises, its motors are switched off again."""

import logging

from core.errors import SkyshadeError
from core.geo import Datum
from flight.deck import POLL_S, Deck, InterruptedFlightError
from flight.minding import bring_home_whatever, interrupted
from flight.ports import LinkError
from flight.vehicle import CommandRefusedError, OverruledError
from flight.watch import start_watch
from missions.model import Command, Mission

log = logging.getLogger(__name__)

ARM_TRIES = 10
ARM_PAUSE_S = 2.0
LAUNCH_TRIES = 3
RISE_S = 20.0
DEFAULT_HEIGHT_M = 10.0


def start(deck: Deck) -> None:
    """Arm and take off; on failure or Ctrl-C before the take-off the motors are switched off again.

    A vehicle that does not switch them off any more is in the air, and is watched on.
    """
    try:
        deck.progress("arming", 0, len(deck.mission.items))
        _launch(deck)
    except KeyboardInterrupt:
        if _stands_down(deck):
            raise InterruptedFlightError("interrupted before take-off; the motors are off") from None
        interrupted(deck)
    except OverruledError as error:  # whoever took it keeps it
        deck.recorder.abort(error.message)
        deck.recorder.tell("warning", str(error))
    except SkyshadeError as error:
        if _stands_down(deck):
            raise
        deck.recorder.abort(error.message)
        bring_home_whatever(deck, error.message)


def _launch(deck: Deck) -> None:
    """Arm and start; a vehicle that switches its motors off again before it rises is armed anew."""
    vehicle = deck.vehicle
    for _ in range(LAUNCH_TRIES):
        _arm(deck)
        _take_off(deck)
        until_s = vehicle.now_s + RISE_S
        while vehicle.now_s < until_s and vehicle.state.armed:
            vehicle.pump(POLL_S)
            if vehicle.airborne:
                return
    raise SkyshadeError("the vehicle does not take off", hint="flight.tlog holds what it said")


def _arm(deck: Deck) -> None:
    deck.vehicle.set_mode("GUIDED")
    for attempt in range(ARM_TRIES):
        try:
            deck.vehicle.arm()
            break
        except CommandRefusedError:
            if attempt == ARM_TRIES - 1:
                raise
            deck.spend(ARM_PAUSE_S)
    here = deck.vehicle.state.position
    deck.recorder.watch = start_watch(deck.mission, deck.params.watch, launched=here, gripper=deck.gripper)
    deck.recorder.tell("command", "armed")


def _take_off(deck: Deck) -> None:
    if not starts_with_takeoff(deck.mission):
        deck.vehicle.take_off(first_height_m(deck.mission))
    deck.vehicle.start_mission()
    deck.recorder.tell("command", "mission started")


def _stands_down(deck: Deck) -> bool:
    """Whether it is on the ground and its motors are off now, or cannot be asked any more."""
    if deck.vehicle.airborne:
        return False
    deck.hold_interrupts()
    try:
        if deck.vehicle.state.armed:
            deck.vehicle.disarm()
    except LinkError as error:
        log.warning("the vehicle can no longer be asked: %s", error)
    except SkyshadeError as error:
        log.warning("the vehicle could not be disarmed: %s", error)
        return False
    finally:
        deck.listen_to_interrupts()
    return True


def starts_with_takeoff(mission: Mission) -> bool:
    """Whether the first place to go to is a take-off."""
    first = next((item for item in mission.items if item.is_nav), None)
    return first is not None and first.command == Command.NAV_TAKEOFF


def first_height_m(mission: Mission) -> float:
    """How high to climb before a mission that brings no take-off of its own."""
    heights = (i.altitude.value_m for i in mission.items if i.altitude and i.altitude.datum is Datum.HOME)
    return max(DEFAULT_HEIGHT_M, next(heights, DEFAULT_HEIGHT_M))
