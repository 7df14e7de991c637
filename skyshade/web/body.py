"""Around every request: bodies of a bearable size, and headers that make browsers careful."""

from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class TooLongError(HTTPException):
    """A body went on beyond its limit."""

    def __init__(self, most_bytes: int) -> None:
        super().__init__(413, f"the request is longer than {most_bytes} bytes", {"Connection": "close"})


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
        counted = 0

        async def counting() -> Message:
            nonlocal counted
            message = await receive()
            counted += len(message.get("body", b""))
            if counted > self._most:
                raise TooLongError(self._most)
            return message

        await self._app(scope, counting, send)

    def _refuse(self) -> Any:
        error = TooLongError(self._most)
        said = {"error": "too_long", "message": error.detail, "hint": None}
        return JSONResponse(said, error.status_code, error.headers)


def _announced(scope: Scope) -> int:
    told = dict(scope["headers"]).get(b"content-length", b"0")
    return int(told) if told.isdigit() and len(told) < 16 else 0  # digits of a length


class CarefulHeaders:
    """ASGI: headers that keep a browser from guessing, storing and telling others where it came from."""

    _HEADERS = (
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-store"),
    )

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add what the answer does not say itself."""

        async def careful(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._HEADERS:
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, careful if scope["type"] == "http" else send)
