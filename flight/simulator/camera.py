"""The camera trigger: by distance, by time, or one shot when told. CAMERA_FEEDBACK reports each shot."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Trigger:
    """Triggering as AP_Camera does it: looked at fifty times a second, so it fires a little late.

    While shots are due by time, distance is not looked at.

    `fitted` is CAM1_TYPE at boot: without a camera every command is accepted and nothing happens.
    """

    fitted: bool
    distance_m: float = 0.0
    images: int = 0
    every_ms: int = 0
    left: int = 0
    _last: complex | None = field(default=None)
    _shot_ms: int | None = field(default=None)

    def set_interval(self, seconds: float, count: int) -> None:
        """Fire every so many seconds, `count` times (-1: until `stop`); the first at once."""
        self.every_ms, self.left = int(seconds * 1000.0), count

    def stop(self) -> None:
        """End what `set_interval` began."""
        self.every_ms = self.left = 0

    def set_distance(self, metres: float, *, at_once: bool) -> int:
        """Fire each `metres` from here (0 stops); the number of shots due now."""
        self.distance_m = max(0.0, metres)
        self._last = None
        return self.shoot() if at_once else 0

    def shoot(self, count: int = 1, time_s: float | None = None) -> int:
        """Release; the number of shots that the camera really takes."""
        self._shot_ms = self._shot_ms if time_s is None or not count else round(time_s * 1000.0)
        taken = count if self.fitted else 0
        self.images += taken
        return taken

    def moved(self, place: complex, time_s: float) -> int:
        """The vehicle is at `place`; the number of shots due."""
        if self.left:
            return self._by_time(time_s)
        if self.distance_m <= 0.0:
            return 0
        if self._last is None:
            self._last = place
            return 0
        if abs(place - self._last) < self.distance_m:
            return 0
        self._last = place
        return self.shoot()

    def _by_time(self, time_s: float) -> int:
        if not self.fitted:
            return 0
        if self._shot_ms is not None and round(time_s * 1000.0) - self._shot_ms <= self.every_ms:
            return 0
        self.left -= 1 if self.left > 0 else 0
        return self.shoot(1, time_s)
