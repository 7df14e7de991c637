"""Refusals as answers: every error is one JSON object with a word for machines and a sentence for people."""

import math
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from core.errors import SkyshadeError
from delivery.errors import ClockError, DeliveryError, KeyReusedError, NotYoursError, PastError, StoreError

METHOD_NOT_ALLOWED = 405


class RefusedError(Exception):
    """A request that is refused: HTTP status, a word, a sentence, and headers."""

    def __init__(self, status: int, error: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.error, self.message, self.headers = status, error, message, headers

    @classmethod
    def too_many(cls, wait_s: float) -> "RefusedError":
        """Asked too often."""
        seconds = str(max(1, math.ceil(wait_s)))
        return cls(429, "too_many", f"too many requests; ask again in {seconds} s", {"Retry-After": seconds})

    @classmethod
    def unknown_order(cls, order: str) -> "RefusedError":
        """No such order, or none that concerns the caller: both look alike."""
        return cls(404, "unknown_order", f"there is no order {order!r}")

    def answer(self) -> JSONResponse:
        """As a response."""
        return said(self.status, self.error, self.message, headers=self.headers)


def said(
    status: int, error: str, message: str, hint: str | None = None, headers: dict[str, str] | None = None
) -> JSONResponse:
    """A refusal in the service's form."""
    return JSONResponse({"error": error, "message": message, "hint": hint}, status, headers)


_KINDS: tuple[tuple[type[SkyshadeError], int, str], ...] = (
    (KeyReusedError, 409, "key_reused"),
    (NotYoursError, 404, "unknown_order"),
    (PastError, 422, "past"),
    (ClockError, 503, "clock"),
    (StoreError, 503, "store"),
    (DeliveryError, 422, "refused"),
)


def install(app: FastAPI) -> None:
    """Answer every error in one form; what nobody foresaw is logged and told without its inside."""

    @app.exception_handler(RefusedError)
    def _refused(_: Request, error: RefusedError) -> JSONResponse:
        return error.answer()

    @app.exception_handler(SkyshadeError)
    def _failed(_: Request, error: SkyshadeError) -> JSONResponse:
        status, word = next(((s, w) for kind, s, w in _KINDS if isinstance(error, kind)), (500, "failed"))
        return said(status, word, error.args[0] if error.args else str(error), error.hint)

    @app.exception_handler(RequestValidationError)
    def _unfit(_: Request, error: RequestValidationError) -> JSONResponse:
        first: dict[str, Any] = dict(error.errors()[0]) if error.errors() else {}
        where = ".".join(str(part) for part in first.get("loc", ()) if part != "body")
        return said(422, "unfit", f"{where or 'request'}: {first.get('msg', 'cannot be read')}")

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == METHOD_NOT_ALLOWED:
            error.headers = {"Allow": ", ".join(_methods(request)) or (error.headers or {}).get("Allow", "")}
        word = {404: "unknown", 405: "method", 413: "too_long"}.get(error.status_code, "refused")
        return said(error.status_code, word, str(error.detail), headers=dict(error.headers or {}))


def _methods(request: Request) -> list[str]:
    """Every method that some route takes at this path; a route by itself tells only its own."""
    page = request.app.openapi()["paths"]
    path = request.scope["path"].split("/")
    return sorted({m.upper() for known, methods in page.items() if _fits(known, path) for m in methods})


def _fits(known: str, path: list[str]) -> bool:
    parts = known.split("/")
    return len(parts) == len(path) and all(
        k == p or k.startswith("{") for k, p in zip(parts, path, strict=True)
    )
