"""News for everyone who follows: one look at the log for all of them."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Self

from starlette.concurrency import run_in_threadpool

LOOK_S = 0.3
_log = logging.getLogger(__name__)


class News:
    """Wakes followers when the log grows. `latest` gives the log's newest number, from a thread."""

    def __init__(self, latest: Callable[[], int], look_s: float = LOOK_S) -> None:
        self._latest, self._look_s = latest, look_s
        self._seen = -1
        self._turn = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin to look."""
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop looking."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            try:
                newest = await run_in_threadpool(self._latest)
            except Exception:  # noqa: BLE001  # the store may be away for a moment; followers wait on
                _log.exception("the log cannot be read")
            else:
                if newest != self._seen:
                    async with self._turn:
                        self._seen = newest
                        self._turn.notify_all()
            await asyncio.sleep(self._look_s)

    async def turns(self, at_most_s: Callable[[], float]) -> AsyncIterator[int]:
        """The newest number, now and after every change, and at least every `at_most_s()` seconds."""
        while True:
            seen = self._seen
            yield seen
            async with self._turn:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._turn.wait_for(lambda: self._seen != seen), at_most_s())  # noqa: B023
