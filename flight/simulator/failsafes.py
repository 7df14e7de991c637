"""Failsafes: battery, ground station, radio, position estimate and fence, in ArduCopter's words."""

from collections.abc import Callable
from dataclasses import dataclass

from flight.simulator.fence import FenceType, breach_text
from flight.simulator.messages import ModeNumber, Severity
from flight.simulator.vehicle import Vehicle

_RADIO_S = 1.0
_NO_PULSES = 1  # of SIM_RC_FAIL
_ESTIMATE_S = 7.5
_VARIANCE_S = 0.75
_AIDING_S = 15.0
_CLEARED_AFTER_S = 1.0
_WARNED_EVERY_S = 30.0
_BEFORE_DESCENT_S = 4.0
_TO_ALT_HOLD, _LAND_ANYWAY = 2, 3

ChangeMode = Callable[[ModeNumber], bool]
_BATTERY_MODES = {
    1: ModeNumber.LAND,
    2: ModeNumber.RTL,
    3: ModeNumber.SMART_RTL,
    4: ModeNumber.SMART_RTL,
}
_FENCE_MODES = {
    1: ModeNumber.RTL,
    2: ModeNumber.LAND,
    3: ModeNumber.SMART_RTL,
    4: ModeNumber.BRAKE,
    5: ModeNumber.SMART_RTL,
}
_RADIO_MODES = {
    3: ModeNumber.LAND, 4: ModeNumber.SMART_RTL, 5: ModeNumber.SMART_RTL, 7: ModeNumber.BRAKE,
}  # fmt: skip
_CONTINUE_LANDING = 3  # bit of FS_OPTIONS
_GCS_MODES = {1: ModeNumber.RTL, 3: ModeNumber.SMART_RTL, 4: ModeNumber.SMART_RTL, 5: ModeNumber.LAND}


@dataclass(slots=True)
class Failsafes:
    """Watches the vehicle; what is latched stands in `vehicle.failsafes`."""

    vehicle: Vehicle
    change_mode: ChangeMode
    disarm: Callable[[], None]
    gcs_heard_s: float | None = None
    radio_lost_s: float | None = None
    low_since_s: float | None = None
    critical_since_s: float | None = None
    gps_back_s: float | None = None
    unaided: bool = False  # whether it was said that the estimate has no GPS
    warned_s: float | None = None  # when it was said that the estimate is bad
    landed_for_it: bool = False  # whether its failsafe changed the mode

    def step(self) -> None:
        """Look at everything once."""
        self._battery()
        self._gcs()
        self._radio()
        self._estimate()
        self._fence()

    def _change(self, mode: ModeNumber) -> bool:
        """Change the mode; a landing that begins so waits a while before it descends."""
        vehicle, before = self.vehicle, self.vehicle.mode
        changed = self.change_mode(mode)
        if changed and mode is ModeNumber.LAND and vehicle.mode is not before:
            vehicle.descends_s = vehicle.time_s + _BEFORE_DESCENT_S
        return changed

    def _go(self, mode: ModeNumber) -> None:
        vehicle = self.vehicle
        if not vehicle.armed:
            return
        if vehicle.landed:
            self.disarm()
        elif not self._change(mode) and mode is not ModeNumber.LAND:
            self._change(ModeNumber.LAND)

    def _on_ground(self) -> bool:
        """Whether a failsafe disarms at once: landed, in AUTO only before the mission has begun."""
        vehicle = self.vehicle
        begun = vehicle.mode.number is ModeNumber.AUTO and vehicle.auto_armed
        return vehicle.landed and not begun

    # -- battery

    def _battery(self) -> None:
        volts, p, now = self.vehicle.battery.voltage_v, self.vehicle.params, self.vehicle.time_s
        used = self.vehicle.battery.used_mah
        left = p["BATT_CAPACITY"] - used
        low = volts < p["BATT_LOW_VOLT"] or left < p["BATT_LOW_MAH"]
        critical = 0.0 < volts < p["BATT_CRT_VOLT"] or left < p["BATT_CRT_MAH"]
        self.low_since_s = (self.low_since_s or now) if low else None
        self.critical_since_s = (self.critical_since_s or now) if critical else None
        self._battery_level("critical", self.critical_since_s, "BATT_FS_CRT_ACT")
        if "battery critical" not in self.vehicle.failsafes:
            self._battery_level("low", self.low_since_s, "BATT_FS_LOW_ACT")

    def _battery_level(self, level: str, since_s: float | None, action: str) -> None:
        vehicle = self.vehicle
        name = f"battery {level}"
        waited = since_s is not None and vehicle.time_s - since_s >= vehicle.params["BATT_LOW_TIMER"]
        if not vehicle.armed or not waited or name in vehicle.failsafes:
            return
        vehicle.failsafes.add(name)
        battery = vehicle.battery
        vehicle.say(
            f"Battery 1 is {level} {battery.voltage_v:.2f}V used {battery.used_mah:.0f} mAh", Severity.WARNING
        )
        chosen = vehicle.params.integer(action)
        if self._on_ground():
            self.disarm()
            vehicle.say("Battery Failsafe - Disarming", Severity.WARNING)
            return
        vehicle.say("Battery Failsafe", Severity.WARNING)
        if chosen == 5:
            self.disarm()
        elif chosen in _BATTERY_MODES:
            self._go(_BATTERY_MODES[chosen])

    # -- links

    def heartbeat(self, system: int) -> None:
        """A ground station's heartbeat came; only SYSID_MYGCS counts."""
        if system == self.vehicle.params.integer("SYSID_MYGCS"):
            self.gcs_heard_s = self.vehicle.time_s

    def _gcs(self) -> None:
        vehicle, p = self.vehicle, self.vehicle.params
        if not p.flag("FS_GCS_ENABLE") or self.gcs_heard_s is None:
            return
        lost = vehicle.time_s - self.gcs_heard_s >= p["FS_GCS_TIMEOUT"]
        if lost and "gcs" not in vehicle.failsafes:
            vehicle.failsafes.add("gcs")
            self._say_or_continue("GCS", p.bit("FS_OPTIONS", 1), _GCS_MODES.get(p.integer("FS_GCS_ENABLE")))
        elif not lost and "gcs" in vehicle.failsafes:
            vehicle.failsafes.discard("gcs")
            vehicle.say("GCS Failsafe Cleared", Severity.WARNING)

    def _say_or_continue(self, name: str, continues: bool, mode: ModeNumber | None) -> None:
        vehicle = self.vehicle
        if self._on_ground() and (vehicle.armed or name == "Radio"):
            vehicle.say(f"{name} Failsafe - Disarming", Severity.WARNING)
            if vehicle.armed:
                self.disarm()
            return
        if vehicle.mode.landing and vehicle.params.bit("FS_OPTIONS", _CONTINUE_LANDING):
            vehicle.say(f"{name} Failsafe - Continuing Landing", Severity.WARNING)
            self._go(ModeNumber.LAND)
            return
        if continues and vehicle.mode.number is ModeNumber.AUTO and vehicle.armed:
            mode_word = " Mode" if name == "GCS" else ""
            vehicle.say(f"{name} Failsafe - Continuing Auto{mode_word}", Severity.WARNING)
            return
        vehicle.say(f"{name} Failsafe", Severity.WARNING)
        if mode is not None:
            self._go(mode)

    def _radio(self) -> None:
        vehicle, p = self.vehicle, self.vehicle.params
        kind = p.integer("SIM_RC_FAIL")
        vehicle.receiver = vehicle.receiver or kind != _NO_PULSES
        if kind == 0 or not (vehicle.receiver or vehicle.armed) or not p.flag("FS_THR_ENABLE"):
            self.radio_lost_s = None
            if "radio" in vehicle.failsafes:
                vehicle.failsafes.discard("radio")
                vehicle.say("Radio Failsafe Cleared", Severity.WARNING)
            return
        if self.radio_lost_s is None:
            self.radio_lost_s = vehicle.time_s
        wait_s = _RADIO_S if kind == 1 else 0.0
        if vehicle.time_s - self.radio_lost_s >= wait_s and "radio" not in vehicle.failsafes:
            vehicle.failsafes.add("radio")
            action = p.integer("FS_THR_ENABLE")
            self._say_or_continue("Radio", p.bit("FS_OPTIONS", 0), _RADIO_MODES.get(action, ModeNumber.RTL))

    # -- position

    def _estimate(self) -> None:
        vehicle = self.vehicle
        if not vehicle.params.flag("SIM_GPS_DISABLE"):
            self._estimate_back()
            return
        self.gps_back_s = None
        if vehicle.gps_lost_s is None:
            vehicle.gps_lost_s = vehicle.time_s
        lost_for = vehicle.time_s - vehicle.gps_lost_s
        vehicle.position_lost = vehicle.position_lost or lost_for >= _ESTIMATE_S
        bad = lost_for >= _ESTIMATE_S + _VARIANCE_S and vehicle.aided
        if bad and "ekf" not in vehicle.failsafes:
            self._variance()
        if lost_for >= _AIDING_S and not self.unaided and vehicle.boot_share >= 1.0:
            self.unaided = True
            self._of_both("stopped aiding", Severity.WARNING)

    def _variance(self) -> None:
        vehicle = self.vehicle
        vehicle.failsafes.add("ekf")
        if self.warned_s is None or vehicle.time_s - self.warned_s > _WARNED_EVERY_S:
            self.warned_s = vehicle.time_s
            vehicle.say("EKF variance", Severity.CRITICAL)
        if not vehicle.armed:
            return
        action = vehicle.params.integer("FS_EKF_ACTION")
        mode = ModeNumber.ALT_HOLD if action == _TO_ALT_HOLD else ModeNumber.LAND
        lands_anyway = action == _LAND_ANYWAY
        if (vehicle.mode.needs_position or lands_anyway) and action and self._change(mode):
            self.landed_for_it = True
            vehicle.say(f"EKF Failsafe: changed to {mode.name} Mode", Severity.CRITICAL)

    def _estimate_back(self) -> None:
        """GPS is there: the estimate is good again at once, the failsafe ends a second later."""
        vehicle = self.vehicle
        vehicle.gps_lost_s, vehicle.position_lost = None, False
        if self.unaided:
            self.unaided = False
            self._of_both("is using GPS", Severity.INFO)
        if "ekf" not in vehicle.failsafes:
            return
        self.gps_back_s = vehicle.time_s if self.gps_back_s is None else self.gps_back_s
        if vehicle.time_s - self.gps_back_s >= _CLEARED_AFTER_S:
            vehicle.failsafes.discard("ekf")
            if self.landed_for_it:
                vehicle.say("EKF Failsafe Cleared", Severity.CRITICAL)
            self.landed_for_it = False

    def _of_both(self, words: str, severity: Severity) -> None:
        for number in (0, 1):
            self.vehicle.say(f"EKF3 IMU{number} {words}", severity)

    # -- fence

    def _fence(self) -> None:
        vehicle, fence = self.vehicle, self.vehicle.fence
        if not fence.enabled or not vehicle.has_position:
            fence.breaches = FenceType(0)
            return
        air = vehicle.air
        found = fence.check(air.position, vehicle.above_home_m, vehicle.home.place, flying=vehicle.flying)
        new, cleared = fence.note(found, vehicle.above_home_m, vehicle.time_s)
        if new and vehicle.armed:
            self._breached(new)
        elif cleared and vehicle.armed and not vehicle.landed:
            vehicle.say("Fence breach cleared", Severity.NOTICE)

    def _breached(self, new: FenceType) -> None:
        vehicle = self.vehicle
        mode = _FENCE_MODES.get(vehicle.params.integer("FENCE_ACTION"))
        if not vehicle.landed:
            vehicle.say(f"{breach_text(new)} fence breached", Severity.NOTICE)
        if mode is not None:
            self._go(mode)
            vehicle.descends_s = 0.0
