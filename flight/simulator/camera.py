"""The camera trigger: by distance, or one shot when told. A shot is reported by CAMERA_FEEDBACK."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Trigger:
    """Distance triggering as AP_Camera does it: looked at fifty times a second, so it fires a little late.

    `fitted` is CAM1_TYPE at boot: without a camera every command is accepted and nothing happens.
    """

    fitted: bool
    distance_m: float = 0.0
    images: int = 0
    _last: complex | None = field(default=None)

    def set_distance(self, metres: float, *, at_once: bool) -> int:
        """Fire each `metres` from here (0 stops); the number of shots due now."""
        self.distance_m = max(0.0, metres)
        self._last = None
        return self.shoot() if at_once else 0

    def shoot(self, count: int = 1) -> int:
        """Release; the number of shots that the camera really takes."""
        taken = count if self.fitted else 0
        self.images += taken
        return taken

    def moved(self, place: complex) -> int:
        """The vehicle is at `place`; the number of shots due."""
        if self.distance_m <= 0.0:
            return 0
        if self._last is None:
            self._last = place
            return 0
        if abs(place - self._last) < self.distance_m:
            return 0
        self._last = place
        return self.shoot()
