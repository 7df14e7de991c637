"""Minding a vehicle in the air until its motors are off: progress, the link, Ctrl-C, bringing it home.

Whoever else takes the vehicle, a pilot or its own failsafe, is left in command.
"""

import logging

from core.errors import SkyshadeError
from flight.deck import POLL_S, Deck, OnInterrupt
from flight.guided import divert
from flight.ports import LinkError
from flight.vehicle import OverruledError

log = logging.getLogger(__name__)

TOLD_BY_THE_WATCH = ("restart", "clock")
SETTLE_S = 3.0  # after the motors stop, for the last messages
HOMING_AGAIN_S = 5.0


def watch_it_land(deck: Deck) -> None:
    """Watch until the motors are off, the link is lost for good, or the user leaves."""
    while not deck.left:
        try:
            if _watch_once(deck):
                break
        except KeyboardInterrupt:
            interrupted(deck)
        except LinkError as error:
            deck.recorder.abort(error.message)
            deck.recorder.tell("link", error.message)
            return
    deck.hold_interrupts()
    if not deck.left:
        _settle(deck)


def _settle(deck: Deck) -> None:
    try:
        until_s = deck.vehicle.now_s + SETTLE_S
        while deck.vehicle.now_s < until_s and not deck.recorder.watch.complete:
            deck.vehicle.pump(POLL_S)
    except (LinkError, KeyboardInterrupt):
        log.debug("the link ended after landing")


def _watch_once(deck: Deck) -> bool:
    """Take in what arrived and act on it; True once the motors are off."""
    vehicle = deck.vehicle
    vehicle.pump(POLL_S)
    _mind_the_link(deck)
    deck.progress("flying", deck.recorder.watch.reached, len(deck.mission.items))
    if vehicle.state.armed is False:
        deck.recorder.tell("flight", "motors off")
        return True
    watch = deck.recorder.watch
    if not (deck.returning or watch.taken_over or watch.failsafe or watch.odd_mode):
        _act(deck)
        if deck.errand is not None:
            deck.errand(deck)
    return False


def _act(deck: Deck) -> None:
    """Bring home what its mission leaves in the air, and what does not get on."""
    watch = deck.recorder.watch
    if deck.wish is not None:
        _carry_out_wish(deck)
    elif watch.complete and deck.vehicle.airborne:
        _bring_home(deck, "the mission ends in the air")
    elif watch.stalled and watch.stalled_for_s > deck.params.stall_abort_s:
        deck.recorder.abort(f"no progress at item {watch.seq}")
        _bring_home(deck, f"no progress at item {watch.seq}")


def _mind_the_link(deck: Deck) -> None:
    link = deck.vehicle.link
    for event in link.take_events():
        if event.kind not in TOLD_BY_THE_WATCH:
            deck.recorder.tell("link", event.text)
    silent_s = link.silent_s
    if silent_s > deck.params.link_lost_s:
        raise LinkError(f"the link is lost: no message from the vehicle for {silent_s:.0f} s")


def _bring_home(deck: Deck, why: str, *, mode: str = "RTL") -> None:
    """Change to RTL (or LAND); where that fails it is tried again while the vehicle is watched."""
    deck.wish, deck.wished_s = (mode, why), -1e9
    deck.recorder.tell("command", f"{mode} commanded: {why}")
    _carry_out_wish(deck)


def _carry_out_wish(deck: Deck) -> None:
    if deck.wish is None or deck.vehicle.now_s - deck.wished_s < HOMING_AGAIN_S:
        return
    try:
        deck.vehicle.set_mode(deck.wish[0])
        deck.returning = True
    except SkyshadeError as error:
        deck.recorder.tell("warning", str(error))
    deck.wished_s = deck.vehicle.now_s


def bring_home_whatever(deck: Deck, why: str) -> None:
    """Bring it home; Ctrl-C meanwhile asks."""
    try:
        _bring_home(deck, why)
    except KeyboardInterrupt:
        interrupted(deck)


def interrupted(deck: Deck) -> None:
    """Ask what Ctrl-C means, and do it; one more while it is done asks again."""
    while True:
        try:
            _answer(deck, _ask(deck))
        except KeyboardInterrupt:
            continue
        return


def _ask(deck: Deck) -> OnInterrupt:
    """The user's wish; a second Ctrl-C while asking leaves."""
    with deck.interrupts.asking():
        try:
            answer = deck.on_interrupt(deck.vehicle)
        except KeyboardInterrupt:
            answer = OnInterrupt.LEAVE
    deck.interrupts.forget()
    return answer


def _answer(deck: Deck, answer: OnInterrupt) -> None:
    if answer is OnInterrupt.CONTINUE:
        return
    deck.by_hand = True
    deck.recorder.abort(f"interrupted by the user ({answer.value})")
    if answer is OnInterrupt.LEAVE:
        deck.left = True
        deck.recorder.tell("warning", "the watch was left while the vehicle was flying")
    elif answer is OnInterrupt.DIVERT:
        _divert(deck)
    else:
        mode = "RTL" if answer is OnInterrupt.RETURN else "LAND"
        _bring_home(deck, "the user asked for it", mode=mode)


def _divert(deck: Deck) -> None:
    """Land at the nearest rally point; where that fails return to launch, unless somebody else has it."""
    deck.recorder.tell("command", "diverting to the nearest rally point")
    try:
        divert(deck.vehicle, deck.mission.rally)
        deck.returning = True
    except OverruledError as error:
        deck.recorder.tell("warning", str(error))
    except SkyshadeError as error:
        deck.recorder.tell("warning", str(error))
        _bring_home(deck, "the diversion failed")
