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
        self._over = False

    async def __aenter__(self) -> Self:
        """Begin to look."""
        self._task = asyncio.create_task(self._run())
        return self

    async def end(self) -> None:
        """Let every follower go: the service is about to end."""
        async with self._turn:
            self._over = True
            self._turn.notify_all()

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
        """The newest number, now, at every change and at least every `at_most_s()` seconds, to the end."""
        while not self._over:
            seen = self._seen
            yield seen
            async with self._turn:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._turn.wait_for(lambda: self._turned(seen)), at_most_s())  # noqa: B023

    def _turned(self, seen: int) -> bool:
        return self._over or self._seen != seen
