"""Requests of a bearable size: what is longer is refused before it is read."""

from typing import Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class TooLongError(Exception):
    """A body went on beyond its limit."""


class SmallBodies:
    """ASGI: refuses bodies longer than `most_bytes` (413), told by their header or by counting."""

    def __init__(self, app: ASGIApp, most_bytes: int) -> None:
        self._app, self._most = app, most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what comes in."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if _announced(scope) > self._most:
            await self._refuse()(scope, receive, send)
            return
        counted, started = 0, False

        async def counting() -> Message:
            nonlocal counted
            message = await receive()
            counted += len(message.get("body", b""))
            if counted > self._most:
                raise TooLongError
            return message

        async def noting(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, counting, noting)
        except TooLongError:
            if not started:
                await self._refuse()(scope, receive, send)

    def _refuse(self) -> Any:
        said = {"error": "too_long", "message": f"the request is longer than {self._most} bytes"}
        return JSONResponse(said, status_code=413, headers={"Connection": "close"})


def _announced(scope: Scope) -> int:
    told = dict(scope["headers"]).get(b"content-length", b"0")
    return int(told) if told.isdigit() and len(told) < 16 else 0  # digits of a length
