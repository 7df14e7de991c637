"""Names that are no longer needed are deleted while the service runs."""

import logging
import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from core.clock import Clock
from core.errors import SkyshadeError
from delivery.retention import forget_ended
from delivery.store import Store

LOOK_S = 3600.0
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Forgetting:
    """Deletes who is behind orders that ended `days` ago: at once, then every hour, in its own thread."""

    store: Store
    clock: Clock
    days: float
    _ended: threading.Event = field(default_factory=threading.Event)

    def look(self) -> int:
        """Forget whose time has come; how many."""
        count = forget_ended(self.store, self.clock.utc_s(), self.days)
        if count:
            log.info("%d forgotten, whose orders ended %g days ago", count, self.days)
        return count

    def __enter__(self) -> Self:
        """Begin."""
        threading.Thread(target=self._run, name="forgetting", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop looking."""
        self._ended.set()

    def _run(self) -> None:
        while True:
            try:
                self.look()
            except SkyshadeError:
                log.exception("nobody was forgotten this time")
            if self._ended.wait(LOOK_S):
                return
