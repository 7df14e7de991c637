"""What an ArduCopter says while it starts: the recorded words, each at its share of the time it takes."""

from dataclasses import dataclass

from flight.simulator.vehicle import Vehicle

HOME_S = 19.85  # until home is known
_READY_S = 41.6  # until the position estimate is good, on ArduPilot's simulator
_TEXTS: tuple[tuple[float, tuple[str, ...]], ...] = (
    (0.3, ("Calibrating barometer",)),
    (1.9, ("Barometer 1 calibration complete", "Barometer 2 calibration complete", "ArduPilot Ready",
           "AHRS: DCM active")),
    (2.7, ("RC7: SaveWaypoint LOW",)),
    (4.35, ("EKF3 IMU0 initialised", "EKF3 IMU1 initialised", "AHRS: EKF3 active")),
    (5.6, ("EKF3 IMU0 tilt alignment complete", "EKF3 IMU1 tilt alignment complete")),
    (5.85, ("EKF3 IMU0 MAG0 initial yaw alignment complete",
            "EKF3 IMU1 MAG0 initial yaw alignment complete")),
    (9.65, ("GPS 1: probing for u-blox at 230400 baud", "GPS 1: detected u-blox")),
    (19.85, ("EKF3 IMU0 origin set", "Field Elevation Set: {elevation_m:.0f}m")),
    (20.1, ("EKF3 IMU1 origin set",)),
    (41.6, ("EKF3 IMU0 is using GPS", "EKF3 IMU1 is using GPS")),
)  # fmt: skip
_SWITCH, _BY_ORIGIN = 2, 7  # texts by number: of a switch of the radio control; from the origin on by GPS
_YAW_ALIGNED_M = 1.6  # above the ground: there the compass is trusted in flight


def reached(vehicle: Vehicle, seconds: float) -> bool:
    """Whether starting has come as far as ArduPilot's simulator after some seconds."""
    return vehicle.boot_share >= min(1.0, seconds / _READY_S)


def boot_s(vehicle: Vehicle, seconds: float) -> float:
    """What some seconds of ArduPilot's simulator are while this vehicle starts."""
    return seconds * vehicle.setup.ready_s / _READY_S


@dataclass(slots=True)
class Boot:
    """Tells what has come; and, once in each flight, that the compass was aligned anew."""

    vehicle: Vehicle
    told: int = 0
    aligned: bool = False

    def step(self) -> None:
        """Say what is due."""
        vehicle = self.vehicle
        blind = vehicle.params.flag("SIM_GPS_DISABLE")
        while self.told < len(_TEXTS) and reached(vehicle, _TEXTS[self.told][0]):
            if blind and self.told >= _BY_ORIGIN:
                break
            for text in _TEXTS[self.told][1] if self.told != _SWITCH or vehicle.receiver_at_boot else ():
                vehicle.say(text.format(elevation_m=vehicle.setup.altitude_m))
            self.told += 1
        vehicle.located = self.told > _BY_ORIGIN
        vehicle.aided = self.told == len(_TEXTS)
        if not vehicle.armed:
            self.aligned = False
        elif not self.aligned and vehicle.air.height_m > _YAW_ALIGNED_M:
            self.aligned = True
            for number in (0, 1):
                vehicle.say(f"EKF3 IMU{number} MAG0 in-flight yaw alignment complete")
