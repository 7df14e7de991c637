"""Everything before arming: who is there, what its parameters make of the plan, preflight, load, upload."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from core.errors import SkyshadeError
from flight import identity, traps
from flight.conversation import LinkMemory
from flight.deck import Deck, InterruptedFlightError, Progress
from flight.exchange import TransferReport, upload
from flight.gripper import Gripper, near, output_us
from flight.params import read_setting, set_parameter
from flight.payload import close_gripper
from flight.preflight import wait_ready
from flight.sendable import check_heights
from flight.state import VehicleState
from flight.traps import Trap, TrapError
from flight.vehicle import Vehicle, VehicleTimeoutError
from flight.wire import Kind, Message, WireItem, fence_to_wire, mission_to_wire, rally_to_wire
from missions.model import Mission

OUTPUT_S = 5.0
TERRAIN_S = 20.0
TERRAIN_REPORT = 136


def prepare(deck: Deck, settings: Mapping[str, float]) -> None:
    """Make the vehicle ready to be armed; raises `SkyshadeError` with the reason when it is not."""
    deck.listen_to_interrupts()
    try:
        _make_ready(deck, settings)
    except KeyboardInterrupt:
        raise InterruptedFlightError("interrupted before take-off; the motors were never on") from None


def _make_ready(deck: Deck, settings: Mapping[str, float]) -> None:
    deck.progress("connecting", 0, 1)
    _tell(deck, identify(deck.vehicle, connect_s=deck.params.connect_s))
    _refuse_flying(deck.vehicle)
    for name, value in settings.items():
        set_parameter(deck.vehicle, name, value)
    deck.progress("preflight", 0, 1)
    check_heights(deck.mission)
    _avoid_traps(deck)
    wait_ready(deck.vehicle, deck.mission, deck.params.preflight)
    _upload(deck)
    _see_terrain(deck)
    _secure_load(deck)


def identify(vehicle: Vehicle, *, connect_s: float = 30.0) -> tuple[str, ...]:
    """Connect and learn who is there; raises `WrongVehicleError` for a vehicle that is not flown by us.

    What is to be said of it before it flies: firmware that is not known here.
    """
    known = identity.Identity()

    def hear(message: Message, _state: VehicleState) -> None:
        nonlocal known
        known = identity.heard(known, message)

    vehicle.listeners.append(hear)
    try:
        vehicle.connect(timeout_s=connect_s)
        for _ in range(identity.TRIES):
            if known.firmware is None:
                vehicle.send(*identity.version_order().message(0))
                _wait_a_little(vehicle, lambda: known.firmware is not None, identity.ANSWER_S)
    finally:
        vehicle.listeners.remove(hear)
    return identity.judge(known, vehicle.link.name)


def _wait_a_little(vehicle: Vehicle, ready: Callable[[], bool], seconds: float) -> bool:
    try:
        vehicle.wait(lambda _: ready(), timeout_s=seconds, what="answer")
    except VehicleTimeoutError:
        return False
    return True


def _tell(deck: Deck, sentences: Iterable[object], kind: str = "warning") -> None:
    for sentence in sentences:
        deck.recorder.tell(kind, str(sentence))


def _refuse_flying(vehicle: Vehicle) -> None:
    if vehicle.state.armed:
        raise SkyshadeError(
            f"the vehicle on {vehicle.link.name} is armed already", hint="land and disarm it first"
        )


def _avoid_traps(deck: Deck) -> None:
    """Look at what the vehicle's parameters make of the plan; raises `TrapError`."""
    wanted = traps.parameters_wanted(deck.mission)
    values = {name: read_setting(deck.vehicle, name) for name in wanted}
    found = traps.traps(deck.mission, values)
    grave = [trap for trap in found if trap.grave]
    if grave:
        raise TrapError(grave)
    deck.mission, changed = traps.with_place_delays(deck.mission)
    deck.shots_known = traps.reports_shots(deck.mission, values)
    deck.unknown_releases = traps.unknown_releases(deck.mission, values)
    _tell(deck, found)
    _tell(deck, changed, "mission")


def _upload(deck: Deck) -> None:
    vehicle = deck.vehicle
    if vehicle.state.mode == "AUTO":  # an upload there restarts the item it is in
        vehicle.set_mode("GUIDED")
    for report in upload_all(deck.mission, vehicle, on_progress=deck.progress):
        text = f"{report.kind.name.lower()} of {report.items} items uploaded and verified"
        _tell(deck, (text, *report.adjusted), "mission")
    if not deck.mission.fence.empty:
        vehicle.enable_fence()
        deck.recorder.tell("command", "fence switched on")


def upload_all(
    mission: Mission, vehicle: Vehicle, *, on_progress: Progress | None = None
) -> tuple[TransferReport, ...]:
    """Upload mission, and fence and rally points where the plan has them; each verified."""
    sets: list[tuple[Kind, Sequence[WireItem]]] = [(Kind.MISSION, mission_to_wire(mission))]
    if not mission.fence.empty:
        sets.append((Kind.FENCE, fence_to_wire(mission.fence)))
    if mission.rally:
        sets.append((Kind.RALLY, rally_to_wire(mission.rally)))

    def told(done: int, total: int) -> None:
        if on_progress is not None:
            on_progress("uploading", done, total)

    memory = LinkMemory()
    return tuple(
        upload(vehicle, kind, items, vehicle.clock, on_progress=told, memory=memory) for kind, items in sets
    )


def _see_terrain(deck: Deck) -> None:
    """Refuse heights above ground while the vehicle lacks terrain data for them."""
    item = traps.first_above_ground(deck.mission)
    if item is None:
        return
    pending: list[int] = []

    def hear(message: Message, _state: VehicleState) -> None:
        if message.name == "TERRAIN_REPORT":
            pending.append(int(message.fields["pending"]))

    with deck.vehicle.listening(hear, (TERRAIN_REPORT,)):
        complete = _wait_a_little(deck.vehicle, lambda: pending[-1:] == [0], TERRAIN_S)
    if not pending:
        text = "whether the vehicle has terrain data is unknown; its own check decides at arming"
        _tell(deck, [Trap(text, item=item)])
    elif not complete:
        text = f"a height above ground, and the vehicle still lacks terrain data ({pending[-1]} pieces)"
        raise TrapError([Trap(f"{text}: copy them to its card, or use heights above home", True, item)])


def _secure_load(deck: Deck) -> None:
    """For a plan that lets a load go by gripper: know the gripper, and that it is closed before take-off."""
    vehicle = deck.vehicle
    if not traps.lets_go(deck.mission) or read_setting(vehicle, "GRIP_ENABLE") != 1.0:
        return
    deck.gripper = learn_gripper(vehicle)
    if deck.gripper.closed is not True:
        if deck.gripper.closed is False and not traps.grabs_itself(deck.mission):
            text = "the gripper is open before take-off: put the load in and close it"
            raise TrapError([Trap(text, True, traps.first_with(deck.mission, *traps.LETTING_GO))])
        deck.gripper = close_gripper(vehicle, deck.gripper)
        deck.recorder.tell("payload", "gripper closed before take-off")


def learn_gripper(vehicle: Vehicle) -> Gripper:
    """Which output the gripper is on, its pulses, and whether it stands open or closed."""
    values = {name: read_setting(vehicle, name) for name in traps.GRIPPER_DETAILS}
    if values["GRIP_TYPE"] != traps.SERVO_GRIPPER:
        text = f"this gripper (GRIP_TYPE {values['GRIP_TYPE'] or 0:g}) never confirms that it let go"
        raise TrapError([Trap(text, grave=True)])
    channel = _gripper_channel(vehicle)
    gripper = Gripper(channel, values["GRIP_GRAB"], values["GRIP_RELEASE"])
    pulses: list[float] = []

    def hear(message: Message, _state: VehicleState) -> None:
        if message.name == "SERVO_OUTPUT_RAW":
            pulses.append(output_us(message, channel) or 0.0)

    with vehicle.listening(hear):
        _wait_a_little(vehicle, lambda: bool(pulses), OUTPUT_S)
    pulse_us = pulses[-1] if pulses else None
    closed = {True: True, False: None}[near(pulse_us, gripper.grab_us)]
    return replace(gripper, closed=False if near(pulse_us, gripper.release_us) else closed)


def _gripper_channel(vehicle: Vehicle) -> int:
    """The output that is the gripper's; raises `TrapError` when there is none."""
    for channel in traps.OUTPUTS_LIKELY_FIRST:
        if read_setting(vehicle, f"SERVO{channel}_FUNCTION") == traps.GRIPPER_FUNCTION:
            return channel
    text = f"no servo output is the gripper's (SERVOn_FUNCTION {traps.GRIPPER_FUNCTION})"
    raise TrapError([Trap(text, grave=True)])
